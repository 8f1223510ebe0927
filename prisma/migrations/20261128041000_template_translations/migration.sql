-- Forks are counted where they are shown, for one tenant.

-- DropIndex
DROP INDEX "pipeline_templates_forked_from_id_idx";

-- AlterTable
ALTER TABLE "pipeline_templates" DROP COLUMN "fork_count",
ADD COLUMN     "translations" JSONB;

-- CreateIndex
CREATE INDEX "pipeline_templates_forked_from_id_tenant_id_idx" ON "pipeline_templates"("forked_from_id", "tenant_id");

-- The version of a starter is from now on the revision of the starters, which starts above 1.
UPDATE "pipeline_templates" SET "version" = 1 WHERE "tenant_id" = 'built-in';
