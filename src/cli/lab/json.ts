import { isAsTold, type Played } from '../../lab/story/play.ts';
import type { Request } from './request/request.ts';

/** All of a run but its log, as one object; texts in both languages. */
export function jsonOf(played: Played, { name, changes, options }: Request): object {
  const { scenario, parameters, seed, told, missing, checks, answer, endings, lasted, isCut } = played;
  const { topic, kind, title, question, corrects, sources } = scenario;
  const { path = [], sysctls = {}, sysctlsOf = new Map() } = options.whatIf ?? {};
  return {
    ...{ name, topic, kind, title, question, corrects, sources },
    asked: { parameters, seed, path, sysctls, sysctlsOf: Object.fromEntries(sysctlsOf), changes },
    isAsTold: isAsTold(played),
    turns: told.map(({ pattern, text, source, at }) => ({ pattern, text, source, at })),
    missing: missing?.pattern.text ?? null,
    ...{ checks, answer, endings },
    /** Milliseconds of virtual time. */
    lasted,
    isCut,
  };
}
