// Runs the programs in a network namespace, over a TUN device: each with our host as the server, then as the client, and the kernel
// as the other. Prints one line for each that went through.
import { openStack } from '../../dist/index.js';
import { kernelWeb } from './kernel-web.mjs';

const [ours, kernels] = ['10.9.0.2', '10.9.0.1'];
const [programs, tls] = JSON.parse(process.argv[2]);
const stack = await openStack({ device: 'tun0', kernelAddress: kernels, address: ours });
for (const program of programs) {
  const { default: run } = await import(`./programs/${program}.mjs`);
  await run({ server: stack, client: kernelWeb, address: ours, ...tls });
  await run({ server: kernelWeb, client: stack, address: kernels, ...tls });
  console.log(program);
}
await stack.close();
process.exit();
