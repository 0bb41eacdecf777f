import fc from 'fast-check';

/**
 * Property tests search from the same seed in every run, so that what is green stays green. `TCPGLASS_SEED=$RANDOM npm test`
 * searches elsewhere; a test that fails prints what replays it.
 */
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env.TCPGLASS_SEED ?? 9293) });
