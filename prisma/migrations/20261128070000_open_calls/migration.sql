-- AlterTable
ALTER TABLE "ledger_entries" ADD COLUMN     "unbooked_micros" BIGINT NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "open_calls" (
    "reservation_id" TEXT NOT NULL,
    "account_ids" TEXT[],
    "reserved_micros" BIGINT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "sent_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "execution_id" TEXT,
    "step_key" TEXT,
    "conversation_id" TEXT,
    "message_id" TEXT,
    "api_key_id" TEXT,
    "attempt" INTEGER,
    "price" JSONB NOT NULL,
    "input_tokens" INTEGER NOT NULL,
    "output_limit" INTEGER NOT NULL,

    CONSTRAINT "open_calls_pkey" PRIMARY KEY ("reservation_id")
);

-- CreateIndex
CREATE INDEX "open_calls_execution_id_idx" ON "open_calls"("execution_id");

-- CreateIndex
CREATE INDEX "open_calls_message_id_idx" ON "open_calls"("message_id");

-- CreateIndex
CREATE INDEX "open_calls_sent_at_idx" ON "open_calls"("sent_at");
