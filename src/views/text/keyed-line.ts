/** A line of a table that is shown again and again, and what tells whether it is about the same as one of an earlier table. */
export interface KeyedLine {
  key: string;
  text: string;
}
