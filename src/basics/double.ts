/**
 * What a numeric field is set to at first, before its true first value, when it may come to hold a fraction or more than
 * 2^31 (times in microseconds, counts of octets and segments).
 *
 * V8 keeps a field as a small integer for as long as it has seen nothing else in it. The first larger value changes the
 * layout of the class, and all code that was compiled for it is thrown away: a connection that had received 2 GiB ran in
 * the interpreter again, at half its speed for 0.2 s (measured). With a fraction first, the field is a double from the start.
 */
export const DOUBLE = 0.5;
