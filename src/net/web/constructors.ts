// biome-ignore lint/suspicious/noExplicitAny: as TypeScript wants it of constructors that are inherited from
export type Constructor<T extends object = object> = new (...args: any[]) => T;

/**
 * A constructor that inherits from one of Node's, and may be called in each way that those may be: with `new`, without it, from a class
 * that extends it, and for an object that is there already (`Server.call(this)`, as with util.inherits).
 *
 * @param overrides methods and accessors, which become its prototype
 * @param begin is called when Base is done with an object
 */
export function inheriting<C extends Constructor>(
  Base: C,
  overrides: object,
  begin: (self: InstanceType<C>, args: unknown[]) => void = () => {},
): C {
  function Derived(this: unknown, ...args: unknown[]): unknown {
    const isThere = new.target === undefined && this instanceof Derived;
    const self = isThere ? this : Reflect.construct(Base, args, new.target ?? Derived);
    if (isThere) Reflect.apply(Base, this, args);
    begin(self as InstanceType<C>, args);
    return self;
  }
  Object.setPrototypeOf(Derived, Base);
  Derived.prototype = Object.setPrototypeOf(overrides, Base.prototype);
  Object.defineProperty(overrides, 'constructor', { value: Derived, writable: true, configurable: true });
  Object.defineProperty(Derived, 'name', { value: Base.name });
  return Derived as unknown as C;
}

/**
 * One of Node's modules with some of its members made anew. All others, those of later releases too, are the module's own: what is assigned
 * to one (`tls.DEFAULT_MAX_VERSION = 'TLSv1.2'`) is assigned to the module, whose functions read it there.
 */
export function moduleLike<M extends object>(module: M, own: object): M {
  const assigning = Object.create(module);
  for (const name of Object.keys(module) as (keyof M)[]) {
    const set = (value: M[typeof name]): void => {
      module[name] = value;
    };
    Object.defineProperty(assigning, name, { enumerable: true, get: () => module[name], set });
  }
  return Object.create(assigning, Object.getOwnPropertyDescriptors(own));
}
