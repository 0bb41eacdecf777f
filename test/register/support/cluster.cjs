// A primary with one worker, which ends at once.
const cluster = require('node:cluster');

if (cluster.isPrimary) cluster.fork();
else setImmediate(() => process.exit(0));
