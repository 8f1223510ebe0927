import { builder } from './builder.ts';

export const OrderDirectionRef = builder.enumType('OrderDirection', {
  description: 'Sort direction of a list.',
  values: {
    ASC: { description: 'Smallest or oldest first.' },
    DESC: { description: 'Largest or newest first.' },
  } as const,
});

export const DateTimeRangeInput = builder.inputType('DateTimeRange', {
  description: 'Half-open time range. A null or omitted bound is unlimited.',
  fields: (t) => ({
    from: t.field({ type: 'DateTime', description: 'Start of the range, inclusive.' }),
    to: t.field({ type: 'DateTime', description: 'End of the range, exclusive.' }),
  }),
});

/** Prisma condition: the column's time lies within the range. */
export function within(range: { from?: Date | null; to?: Date | null } | null | undefined) {
  return range ? { gte: range.from ?? undefined, lt: range.to ?? undefined } : undefined;
}

/** Prisma condition: the column has one of the values. An empty list matches no row. */
export function oneOf<Value>(values: Value[] | null | undefined) {
  return values ? { in: values } : undefined;
}
