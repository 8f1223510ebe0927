import { type Notice, NOTICE_CODES, type NoticeCode } from '../kernel/notice.ts';
import { builder } from './builder.ts';

const NoticeCodeRef = builder.enumType('NoticeCode', {
  description: 'Kind of a notice. More codes may be added.',
  values: Object.fromEntries(
    Object.entries(NOTICE_CODES).map(([code, description]) => [code, { description }]),
  ) as Record<NoticeCode, { description: string }>,
});

export const NoticeRef = builder.objectRef<Notice>('Notice').implement({
  description:
    'Information about a text or a run that a user should know: something was removed, flagged, cut or created without a model.',
  fields: (t) => ({
    code: t.expose('code', { type: NoticeCodeRef, description: 'Kind of notice.' }),
    message: t.exposeString('message', { description: 'Human-readable text of the notice.' }),
    stepKey: t.exposeString('stepKey', {
      nullable: true,
      description: 'Key of the step concerned. Null for a message and for a run as a whole.',
    }),
    source: t.exposeString('source', {
      nullable: true,
      description:
        'URL of the external material concerned, or its title when it has no URL. Null when none is concerned.',
    }),
  }),
});
