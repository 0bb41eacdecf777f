import type { Web } from '../../src/net/web/web.ts';

export const kernelWeb: Web;
