/** One thing that tcpglass needs: is it there, what was found, and what makes it work. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly fix?: string;
}
