import { decodeId } from '../schema-kit/global-id.ts';

/** The row of an approval request that another dialect names: by its id in the API, or by that of the row. */
export function approvalIdOf(requestId: string): string {
  return decodeId(requestId, 'ApprovalRequest') || requestId;
}
