// A problem with the header fields that belong to it, such as WWW-Authenticate or Allow.
import { Problem, type ProblemCode } from '../../base/problem.ts';

export class ApiProblem extends Problem {
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, detail: string, headers: Readonly<Record<string, string>>) {
    super(code, detail);
    this.name = 'ApiProblem';
    this.headers = headers;
  }
}
