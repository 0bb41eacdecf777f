import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SocketError } from '../../lab/terms/errors.ts';
import { type Answer, READY, type Request } from './protocol.ts';

interface Pending {
  resolve: (answer: Answer) => void;
  reject: (error: SocketError) => void;
}

/** The process that holds sockets of the kernel: asked, and answering. */
export class AgentClient {
  /** Requests that are done at once and have no answer yet: until then the kernel may not know what the application has done. */
  urgent = 0;
  private readonly child: ChildProcess;
  private readonly pending = new Map<number, Pending>();
  private readonly answered: () => void;
  private readonly ready: Promise<unknown>;
  private next = READY + 1;

  /** @param answered called after each answer */
  constructor(answered: () => void) {
    this.answered = answered;
    const program = fileURLToPath(new URL('./agent.js', import.meta.url));
    this.child = fork(program, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] });
    this.ready = new Promise((resolve, reject) => this.pending.set(READY, { resolve, reject }));
    this.child.on('message', (answer: Answer) => this.settle(answer));
    this.child.on('error', ({ message }) => this.ends('EAGAIN', `cannot start a process: ${message}`));
    this.child.on('exit', () => this.ends('ECONNABORTED', 'the process has ended'));
  }

  /** Resolves when it runs. @throws SocketError: it doesn't */
  async started(): Promise<void> {
    await this.ready;
  }

  /** @param isUrgent it is done at once, and what comes to the kernel meanwhile waits for it */
  ask(request: Request, isUrgent = false): Promise<Answer> {
    const id = this.next++;
    if (isUrgent) this.urgent++;
    return new Promise((resolve, reject) => {
      const done = (): void => {
        if (isUrgent) this.urgent--;
      };
      this.pending.set(id, {
        resolve: (answer) => {
          done();
          resolve(answer);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      });
      this.child.send({ ...request, id });
    });
  }

  /** As a process ends that is killed: the kernel closes all that it had open. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  private ends(code: string, message: string): void {
    for (const { reject } of this.pending.values()) reject(new SocketError(code, message));
    this.pending.clear();
  }

  private settle(answer: Answer): void {
    const pending = this.pending.get(answer.id);
    this.pending.delete(answer.id);
    if (answer.code === undefined) pending?.resolve(answer);
    else pending?.reject(new SocketError(answer.code, answer.message ?? answer.code));
    this.answered();
  }
}
