import type { Context } from '../context.ts';

/** Creates a value once per context, e.g. loaders that live for one request or one subscription event. */
export function createContextCache<Value>(create: (ctx: Context) => Value): (ctx: Context) => Value {
  const values = new WeakMap<Context, Value>();
  return (ctx) => {
    const cached = values.get(ctx);
    if (cached !== undefined) return cached;
    const created = create(ctx);
    values.set(ctx, created);
    return created;
  };
}
