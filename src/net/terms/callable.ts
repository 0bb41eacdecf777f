/**
 * node:net's constructors are functions of the time before classes: `Server(listener)` makes one without `new`, and
 * `Socket.call(this)` (as `util.inherits` wants it, and node:http itself has it) makes one of an object that is there already.
 * A class can't be called. So what is exported is a function that constructs the class, and `adoptable` lets the class's
 * constructor work on an object that it is given.
 */

/** What the constructor that begins now shall work on; null: on a new object. */
let adopted: object | null = null;

// biome-ignore lint/suspicious/noExplicitAny: any constructor
type Constructor = abstract new (...args: any[]) => object;

/**
 * The class below the first class of ours: it is `Base`, which is a function and so can be called, but for the object. What it returns
 * is `this` in the constructors above, fields and all.
 */
export function adoptable<B extends Constructor>(Base: B): B {
  const base = Base as unknown as (this: object, options: unknown) => void;
  function Adoptable(this: object, options: unknown): object {
    const self = adopted ?? this;
    adopted = null;
    base.call(self, options);
    return self;
  }
  Adoptable.prototype = Base.prototype;
  // Statics, and how many properties V8 makes room for.
  Object.setPrototypeOf(Adoptable, Base);
  return Adoptable as unknown as B;
}

/** A constructor that can be called as well. */
export type Callable<Args extends unknown[], Instance> = {
  new (...args: Args): Instance;
  (...args: Args): Instance;
  readonly prototype: Instance;
};

/** What a class has beside its instances. */
export type Statics<Class> = { [Name in keyof Class as Name extends 'prototype' ? never : Name]: Class[Name] };

/** `Class`, which has an `adoptable` class at its ground, as a constructor that needs no `new`, under the name `name`. */
export function callable<Args extends unknown[], Instance extends object>(
  Class: new (...args: Args) => Instance,
  name: string,
): Callable<Args, Instance> {
  function Exported(this: unknown, ...args: Args): Instance {
    // V8 makes a new layout of the object with each call that names a function such as this for a new target (measured: seven
    // times the memory); of a class that extends it, it keeps the layout.
    if (new.target === Exported) return new Class(...args);
    if (new.target !== undefined) return Reflect.construct(Class, args, new.target);
    if (!(this instanceof Class)) return new Class(...args);
    adopted = this;
    try {
      return new Class(...args);
    } finally {
      adopted = null; // it may have thrown before it came to take it
    }
  }
  Object.setPrototypeOf(Exported, Class);
  Object.defineProperty(Exported, 'prototype', { value: Class.prototype, writable: false });
  Object.defineProperty(Class.prototype, 'constructor', { value: Exported, writable: true, configurable: true });
  // People read it in stack traces and in util.inspect.
  for (const named of [Class, Exported]) Object.defineProperty(named, 'name', { value: name });
  return Exported as unknown as Callable<Args, Instance>;
}
