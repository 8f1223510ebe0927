import { openAiChat } from './openai-chat.ts';
import { defineProvider } from './provider.ts';

export const openAi = defineProvider({
  title: 'OpenAI',
  description: 'OpenAI’s models, through the Chat Completions API.',
  baseUrl: 'https://api.openai.com/v1',
  ...openAiChat,
});
