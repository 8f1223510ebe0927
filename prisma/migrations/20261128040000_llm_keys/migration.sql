-- CreateEnum
CREATE TYPE "LlmKeyStatus" AS ENUM ('VALID', 'INVALID', 'UNVERIFIED');

-- CreateTable
CREATE TABLE "llm_keys" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "owner_id" TEXT,
    "provider" TEXT NOT NULL,
    "base_url" TEXT,
    "sealed" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "status" "LlmKeyStatus" NOT NULL,
    "status_reason" TEXT,
    "validated_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "saved_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "llm_keys_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "llm_keys_tenant_id_owner_id_idx" ON "llm_keys"("tenant_id", "owner_id");

-- Below: what Prisma's schema cannot say. It does not show as drift.

-- One key for each holder, provider and base URL; a tenant's key has no owner, and most have no base URL. The condition
-- holds for every row: it keeps the index out of Prisma's comparison, which knows no NULLS NOT DISTINCT.
CREATE UNIQUE INDEX "llm_keys_holder_key" ON "llm_keys"("tenant_id", "owner_id", "provider", "base_url")
  NULLS NOT DISTINCT WHERE "id" IS NOT NULL;
