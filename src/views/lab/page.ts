import { GLOSSARY_KINDS, type GlossaryEntry, type GlossaryKind } from '../../lab/glossary/terms/entry.ts';
import type { Language, Text } from '../../lab/terms/text.ts';
import type { Line, Style } from '../text/line.ts';
import { columnsOf, filled, paddedTo } from '../text/wide.ts';

export interface PageOptions {
  width: number;
  language: Language;
}

const HEADS = {
  also: { en: 'Also called', zh: '又称' },
  value: { en: 'Default', zh: '默认值' },
  in: { en: 'How one gets in', zh: '如何进入' },
  out: { en: 'How one gets out', zh: '如何离开' },
  many: { en: 'A pile of them', zh: '大量出现' },
  here: { en: 'Here', zh: '在这里查看' },
  linux: { en: 'On Linux', zh: '在 Linux 上查看' },
  play: { en: 'Play it', zh: '演示' },
  see: { en: 'See also', zh: '另见' },
  sources: { en: 'Sources', zh: '出处' },
} as const satisfies Record<string, Text>;

const INDENT = '  ';

/** What an entry of the glossary says. @param scenarios those that show it, as `lab run` takes them */
export function page(entry: GlossaryEntry, scenarios: readonly string[], options: PageOptions): Line[] {
  const { width, language } = options;
  const { name, kind, also, text, value, ways, many, here, linux, see, sources } = entry;
  const block = (head: Text, texts: readonly string[], style: Style = 'why'): Line[] =>
    texts.length === 0
      ? []
      : [
          [{ text: head[language], style }],
          ...texts.flatMap((one) => filled(one, width - 2).map((line) => [{ text: `${INDENT}${line}` }])),
        ];
  const way = (other: string, { text: how, source }: GlossaryEntry['ways'][number]): string =>
    `${other}: ${how[language]} (${source})`;
  return [
    [
      { text: name, style: 'heading' },
      { text: `  ${GLOSSARY_KINDS[kind][language]}`, style: 'faint' },
    ],
    ...(also.length === 0 ? [] : [[{ text: `${HEADS.also[language]}: ${also.join(', ')}`, style: 'faint' as const }]]),
    ...filled(text[language], width).map((line) => [{ text: line }]),
    ...block(HEADS.value, value === undefined ? [] : [`${value.default} ${value.unit} (${value.range})`]),
    ...block(
      HEADS.in,
      ways.filter(({ to }) => to === name).map((one) => way(one.from, one)),
      'state',
    ),
    ...block(
      HEADS.out,
      ways.filter(({ from }) => from === name).map((one) => way(one.to, one)),
      'state',
    ),
    ...block(HEADS.many, many === undefined ? [] : [many[language]], 'slow'),
    ...block(HEADS.here, here),
    ...block(HEADS.linux, linux),
    ...block(
      HEADS.play,
      scenarios.map((scenario) => `tcpglass lab run ${scenario}`),
    ),
    ...block(HEADS.see, see.length === 0 ? [] : [see.join(', ')], 'faint'),
    ...block(HEADS.sources, [sources.join('; ')], 'faint'),
  ];
}

/** The names of all entries, by kind. */
export function index(entries: readonly GlossaryEntry[], { width, language }: PageOptions): Line[] {
  return (Object.keys(GLOSSARY_KINDS) as GlossaryKind[]).flatMap((kind): Line[] => {
    const names = entries.filter((entry) => entry.kind === kind).map(({ name }) => name);
    if (names.length === 0) return [];
    const lines = filled(names.join(', '), width - 2).map((line) => [{ text: `${INDENT}${line}` }]);
    return [[{ text: GLOSSARY_KINDS[kind][language], style: 'heading' }], ...lines, []];
  });
}

/** A row for each state: where it comes from, where it goes, and what it is. */
export function stateTable(states: readonly GlossaryEntry[], { width, language }: PageOptions): Line[] {
  const first = Math.max(...states.map(({ name }) => name.length)) + 2;
  return states.flatMap(({ name, ways, text }): Line[] => {
    const unique = (names: string[]): string => [...new Set(names)].join(', ') || '-';
    const from = unique(ways.filter(({ to }) => to === name).map((way) => way.from));
    const to = unique(ways.filter((way) => way.from === name).map((way) => way.to));
    const what = filled(`${from} → ${name} → ${to}`, width - first).map(
      (line): Line => [{ text: line, style: 'faint' }],
    );
    const said = filled(firstSentences(text[language]), width - first).map((line): Line => [{ text: line }]);
    return [...said, ...what].map((line, i) => [
      { text: paddedTo(i === 0 ? name : '', first), style: 'state' as const },
      ...line,
    ]);
  });
}

/** As many sentences as a row of a table has room for. */
function firstSentences(text: string): string {
  const sentences = text.match(/.*?(?:[.!](?= |$)|。)\s*/g) ?? [text];
  let said = '';
  for (const sentence of sentences) {
    if (said !== '' && columnsOf(said + sentence) > ROW_MAX) break;
    said += sentence;
  }
  return said.trim();
}

const ROW_MAX = 130;
