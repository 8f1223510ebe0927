import { builder } from './builder.ts';

export const OrderDirectionRef = builder.enumType('OrderDirection', {
  description: 'In which direction a list is ordered.',
  values: {
    ASC: { description: 'Smallest or oldest first.' },
    DESC: { description: 'Largest or newest first.' },
  } as const,
});

export const DateTimeRangeInput = builder.inputType('DateTimeRange', {
  description: 'A span of time. Null or left out: open on that side.',
  fields: (t) => ({
    from: t.field({ type: 'DateTime', description: 'The earliest time included.' }),
    to: t.field({ type: 'DateTime', description: 'The first time no longer included.' }),
  }),
});

/** The condition on a column of times. */
export function within(range: { from?: Date | null; to?: Date | null } | null | undefined) {
  return range ? { gte: range.from ?? undefined, lt: range.to ?? undefined } : undefined;
}

/** The condition that a column has one of the values of a filter. An empty list holds for no row. */
export function oneOf<Value>(values: Value[] | null | undefined) {
  return values ? { in: values } : undefined;
}
