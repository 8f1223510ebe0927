-- CreateEnum
CREATE TYPE "TemplateVisibility" AS ENUM ('PRIVATE', 'SHARED');

-- CreateTable
CREATE TABLE "pipeline_templates" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "owner_id" TEXT,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "design" JSONB NOT NULL,
    "inputs" JSONB NOT NULL DEFAULT '[]',
    "visibility" "TemplateVisibility" NOT NULL DEFAULT 'PRIVATE',
    "version" INTEGER NOT NULL DEFAULT 1,
    "forked_from_id" TEXT,
    "fork_count" INTEGER NOT NULL DEFAULT 0,
    "search_text" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "pipeline_templates_pkey" PRIMARY KEY ("id")
);

-- AlterTable
ALTER TABLE "pipeline_executions" ADD COLUMN     "template_id" TEXT,
ADD COLUMN     "template_source" JSONB;

-- CreateIndex
CREATE UNIQUE INDEX "pipeline_templates_updated_at_id_key" ON "pipeline_templates"("updated_at", "id");

-- CreateIndex
CREATE INDEX "pipeline_templates_tenant_id_owner_id_updated_at_id_idx" ON "pipeline_templates"("tenant_id", "owner_id", "updated_at", "id");

-- CreateIndex
CREATE INDEX "pipeline_templates_tenant_id_visibility_id_idx" ON "pipeline_templates"("tenant_id", "visibility", "id");

-- CreateIndex
CREATE INDEX "pipeline_templates_forked_from_id_idx" ON "pipeline_templates"("forked_from_id");

-- CreateIndex
CREATE INDEX "pipeline_executions_template_id_idx" ON "pipeline_executions"("template_id");

-- AddForeignKey
ALTER TABLE "pipeline_templates" ADD CONSTRAINT "pipeline_templates_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pipeline_templates" ADD CONSTRAINT "pipeline_templates_forked_from_id_fkey" FOREIGN KEY ("forked_from_id") REFERENCES "pipeline_templates"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pipeline_executions" ADD CONSTRAINT "pipeline_executions_template_id_fkey" FOREIGN KEY ("template_id") REFERENCES "pipeline_templates"("id") ON DELETE SET NULL ON UPDATE CASCADE;
