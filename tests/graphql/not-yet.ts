/** What the contract promises and a later issue brings, under the name of that issue. */
export const NOT_YET: Record<string, string[]> = {
  'Every client at home: transports, resume, one error model': [
    'Conversation.lastSeq: Int!',
    'PipelineExecution.lastSeq: Int!',
  ],
  'Runs that survive anything': [
    'PipelineExecution.forkedFrom: PipelineExecution',
    'PipelineExecution.retryOf: PipelineExecution',
    'StepExecution.reused: Boolean!',
    'deleteCheckpoint',
    'forkExecution',
    'retryExecution',
    'retryReply',
  ],
  'A discussion worth having with a real model': [
    'ExecutionBrief',
    'ExecutionErrorCode.UNSAFE_INPUT',
    'MessageRole.SYSTEM',
    'PipelineExecution.brief: ExecutionBrief!',
    'clearConversation',
  ],
  'Material: collectors that bring home what matters, and uploads': [
    'NoticeCode.NO_SOURCES',
    'NoticeCode.SOURCE_UNREADABLE',
    'Permission.UPLOAD_WRITE',
    'Query.uploads(after): String',
    'Query.uploads(before): String',
    'Query.uploads(first): Int',
    'Query.uploads(last): Int',
    'Query.uploads: UploadConnection',
    'Upload',
    'deleteUpload',
    'executePipeline(uploadIds)',
    'sendMessage(uploadIds)',
  ],
};
