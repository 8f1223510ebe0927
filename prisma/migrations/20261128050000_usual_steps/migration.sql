-- AlterTable
ALTER TABLE "step_executions" ADD COLUMN     "known_input_tokens" INTEGER,
ADD COLUMN     "text_tokens" INTEGER;

-- DropIndex
DROP INDEX "ledger_entries_execution_id_idx";

-- DropIndex
DROP INDEX "pipeline_executions_tenant_id_status_finished_at_idx";

-- Below: indexes that hold all that estimates, their accuracy and the costs of runs read, which Prisma's schema cannot
-- say. It does not show as drift.

CREATE INDEX "ledger_entries_execution" ON "ledger_entries"("execution_id", "step_key")
  INCLUDE ("input_tokens", "output_tokens", "cost_micros");

CREATE INDEX "pipeline_executions_finished" ON "pipeline_executions"("tenant_id", "status", "finished_at")
  INCLUDE ("id", "estimated_cost_micros");
