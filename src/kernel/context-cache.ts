import type { Context } from './context.ts';

/** Makes a value once for each context: loaders that live as long as one request, or one event of a subscription. */
export function createContextCache<Value>(create: (ctx: Context) => Value): (ctx: Context) => Value {
  const values = new WeakMap<Context, Value>();
  return (ctx) => {
    const known = values.get(ctx);
    if (known !== undefined) return known;
    const made = create(ctx);
    values.set(ctx, made);
    return made;
  };
}
