-- AlterEnum
ALTER TYPE "ApprovalTiming" ADD VALUE 'AFTER_STEP';

-- AlterEnum
ALTER TYPE "ApprovalStatus" ADD VALUE 'REVISED' BEFORE 'EXPIRED';

-- AlterTable
ALTER TABLE "approval_requests" RENAME COLUMN "payload" TO "subject";

ALTER TABLE "approval_requests" ADD COLUMN     "round" INTEGER NOT NULL DEFAULT 1,
ADD COLUMN     "edited_output" TEXT;

-- Earlier requests hold excerpts of their inputs. The outputs that those were taken from have not changed.
UPDATE "approval_requests" request
SET "subject" = jsonb_build_object(
    'title', "subject"->'title',
    'agent', "subject"->'agent',
    'prompt', "subject"->'prompt',
    'inputs', COALESCE(
        (SELECT jsonb_agg(
            jsonb_build_object(
                'stepKey', input->'key',
                'title', input->'title',
                'output', COALESCE(step."output", '')
            ) ORDER BY place)
        FROM jsonb_array_elements(request."subject"->'inputs') WITH ORDINALITY AS inputs (input, place)
        LEFT JOIN "step_executions" step
            ON step."execution_id" = request."execution_id" AND step."key" = input->>'key'),
        '[]'),
    'output', NULL
);

-- DropIndex
DROP INDEX "approval_requests_execution_id_step_key_key";

-- CreateIndex
CREATE UNIQUE INDEX "approval_requests_execution_id_step_key_round_key" ON "approval_requests"("execution_id", "step_key", "round");
