import { describeLanguageModel } from './language-model.ts';
import { DIALECTS } from './provider-dialects.ts';

for (const dialect of Object.values(DIALECTS)) describeLanguageModel(dialect);
