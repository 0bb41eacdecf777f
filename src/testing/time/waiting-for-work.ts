/**
 * Is something under way outside of JavaScript that will end by itself, however long it takes: a file, or a name that is looked up? Node
 * lists them as requests (FSReqCallback, FSReqPromise, GetAddrInfoReqWrap, ...), but not what crypto and zlib compute on other threads.
 */
export const isWaitingForWork = (): boolean =>
  process.getActiveResourcesInfo().some((name) => /Req(?:Wrap|Callback|Promise)?$/.test(name));
