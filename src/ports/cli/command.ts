// What a command of the command line is: its words, its options, and what it does with an opened installation.
import type { Caller } from '../../domain/access/caller.ts';
import type { ClientService } from '../../domain/client/client-service.ts';
import type { RoleService } from '../../domain/role/role-service.ts';
import type { UserService } from '../../domain/user/user-service.ts';

/** An installation, reached through its database whether or not a server runs. */
export interface Installation {
  readonly issuer: string;
  readonly services: {
    readonly clients: ClientService;
    readonly roles: RoleService;
    readonly users: UserService;
  };
  /** Everything may be done on behalf of the command line. Acts in the given company, else in the root company; 422 when there is none such. */
  callerIn(companyId: string | undefined): Promise<Caller>;
}

export interface Finding {
  readonly check: string;
  readonly verdict: 'ok' | 'warning' | 'failed';
  readonly detail: string;
}

/** What commands work on; each part is opened when it is first asked for. */
export interface CommandTools {
  open(): Promise<Installation>;
  /** Answers the names of the migrations that were applied. */
  migrate(): Promise<readonly string[]>;
  examine(): Promise<readonly Finding[]>;
}

export interface Option {
  readonly description: string;
  /** What stands for the value in the help, such as `NAME`; without it the option is a switch. */
  readonly value?: string;
  readonly isRequired?: boolean;
  readonly isRepeatable?: boolean;
}

/** The given values by option; a switch that is given has an empty text. */
export interface Values {
  text(option: string): string | undefined;
  /** Of a required option. */
  required(option: string): string;
  list(option: string): readonly string[];
}

export interface Outcome {
  /** For people. */
  readonly text: string;
  /** For programs, with `--json`. */
  readonly json: unknown;
  /** 1: it ran, and the answer is no. */
  readonly status?: 0 | 1;
}

export interface Command {
  /** `clients create`. */
  readonly name: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, Option>>;
  run(tools: CommandTools, values: Values): Promise<Outcome>;
}
