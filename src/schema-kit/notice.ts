import { type Notice, NOTICE_CODES, type NoticeCode } from '../kernel/notice.ts';
import { builder } from './builder.ts';

const NoticeCodeRef = builder.enumType('NoticeCode', {
  description: 'What kind of notice it is. More codes may be added.',
  values: Object.fromEntries(
    Object.entries(NOTICE_CODES).map(([code, description]) => [code, { description }]),
  ) as Record<NoticeCode, { description: string }>,
});

export const NoticeRef = builder.objectRef<Notice>('Notice').implement({
  description:
    'Something that a person should know about a text or a run: what was removed, flagged, cut, or made without a model.',
  fields: (t) => ({
    code: t.expose('code', { type: NoticeCodeRef, description: 'What kind of notice it is.' }),
    message: t.exposeString('message', { description: 'The notice, for people to read.' }),
    stepKey: t.exposeString('stepKey', {
      nullable: true,
      description: 'The step of a run that it is about; null for a message and for a run as a whole.',
    }),
    source: t.exposeString('source', {
      nullable: true,
      description:
        'The material from outside that it is about: its URL, or its title where it has no URL. Else null.',
    }),
  }),
});
