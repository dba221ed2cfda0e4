/** A class, abstract or not, whatever its constructor takes. */
export type Class<T = object> = abstract new (...args: never[]) => T;

/** A class that can be constructed. */
export type ConcreteClass<T = object> = new (...args: never[]) => T;
