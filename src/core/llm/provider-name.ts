export const PROVIDER_NAMES = ['OPENAI', 'ANTHROPIC', 'GOOGLE', 'OPENAI_COMPATIBLE', 'OFFLINE'] as const;

export type ProviderName = (typeof PROVIDER_NAMES)[number];
