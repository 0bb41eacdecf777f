/** The languages that the lab speaks. */
export type Language = 'en' | 'zh';

export const LANGUAGES: readonly Language[] = ['en', 'zh'];

/** One statement in each language, side by side, so that neither is changed without the other. Both have the same numbers. */
export type Text = Readonly<Record<Language, string>>;
