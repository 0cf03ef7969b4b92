// Query parameters, read strictly. Faults point to `/query/<name>`, so that they cannot be taken for members of a body.
import { type Fault, invalid, Problem } from '../../base/problem.ts';
import { firstPerPointer, isUnstorable, pointerTo } from './faults.ts';

/** The parameters by name. 400 for bad percent-encoding; 422 for a repeated one and for text that nothing can be done with. */
export function parseQuery(querystring: string): Record<string, string> {
  const values = new Map<string, string>();
  const faults: Fault[] = [];
  for (const part of querystring.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decode(equals < 0 ? part : part.slice(0, equals));
    const value = equals < 0 ? '' : decode(part.slice(equals + 1));
    const pointer = pointerTo([name], '/query');
    if (values.has(name)) faults.push({ pointer, detail: 'This query parameter is repeated. Send it once.' });
    if (isUnstorable(value)) faults.push({ pointer, detail: 'This contains a NUL character. Remove it.' });
    values.set(name, value);
  }
  if (faults.length > 0) throw invalid(firstPerPointer(faults));
  return Object.fromEntries(values);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (cause) {
    throw new Problem('request.malformed', 'The query is not percent-encoded correctly.', { cause });
  }
}
