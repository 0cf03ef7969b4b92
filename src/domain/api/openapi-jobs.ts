// What is done with whole documents, as plain data in and out, so that it can be done on another thread.

import { Problem, type Fault, type ProblemCode } from '../../base/problem.ts';
import { importOpenApi, type ImportedApi } from './openapi-import.ts';
import { readDocument } from './openapi-source.ts';
import { type SwaggerParts, toSwaggerDocument } from './swagger-document.ts';

/** An import whose document is JSON text: that is how it is stored, and how it passes from thread to thread at no cost. */
export interface StorableImport extends Omit<ImportedApi, 'document'> {
  readonly documentJson: string;
}

export type DocumentJob =
  | { readonly kind: 'import'; readonly source: Uint8Array | string }
  | { readonly kind: 'swagger'; readonly documentJson: string; readonly parts: SwaggerParts };

export type DocumentOutcome =
  | { readonly kind: 'import'; readonly result: StorableImport }
  | { readonly kind: 'swagger'; readonly result: string }
  | {
      readonly kind: 'refused';
      readonly code: ProblemCode;
      readonly detail: string;
      readonly errors: readonly Fault[];
    };

/** Throws only what is nobody's fault but ours. */
export function runDocumentJob(job: DocumentJob): DocumentOutcome {
  try {
    if (job.kind === 'swagger') {
      const document = toSwaggerDocument(readDocument(job.documentJson), job.parts);
      return { kind: 'swagger', result: JSON.stringify(document) };
    }
    const { document, ...rest } = importOpenApi(job.source);
    return { kind: 'import', result: { ...rest, documentJson: JSON.stringify(document) } };
  } catch (error) {
    // A class doesn't survive the way between threads.
    if (!(error instanceof Problem)) throw error;
    return { kind: 'refused', code: error.code, detail: error.detail, errors: error.errors };
  }
}
