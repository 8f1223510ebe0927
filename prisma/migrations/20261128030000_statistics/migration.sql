-- AlterTable
ALTER TABLE "messages" ADD COLUMN     "api_key_id" TEXT;

-- AlterTable
ALTER TABLE "pipeline_executions" ADD COLUMN     "api_key_id" TEXT;

-- AlterTable
ALTER TABLE "ledger_entries" ADD COLUMN     "api_key_id" TEXT;

-- DropIndex
DROP INDEX "ledger_entries_user_id_day_idx";

-- CreateIndex
CREATE INDEX "pipeline_executions_tenant_id_status_finished_at_idx" ON "pipeline_executions"("tenant_id", "status", "finished_at");

-- Below: indexes that hold all that the statistics read, which Prisma's schema cannot say. It does not show as drift.

CREATE INDEX "ledger_entries_user_day" ON "ledger_entries"("user_id", "day")
  INCLUDE ("tenant_id", "provider", "model", "input_tokens", "output_tokens", "cost_micros");

CREATE INDEX "ledger_entries_tenant_day" ON "ledger_entries"("tenant_id", "day")
  INCLUDE ("user_id", "api_key_id", "provider", "model", "input_tokens", "output_tokens", "cost_micros");
