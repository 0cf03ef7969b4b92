// Forms with files, as browsers send them and as nobody should.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Problem } from '../../src/base/problem.ts';
import { boundaryOf, parseMultipart } from '../../src/ports/http/multipart.ts';

/** Without halves of surrogate pairs, which no form can carry. */
const isWellFormed = (text: string) => !/\p{Cs}/u.test(text);

const B = '----WebKitFormBoundary7MA4YWxkTrZu0gW';

const part = (disposition: string, content: string, rest = '') =>
  `--${B}\r\nContent-Disposition: form-data; ${disposition}${rest}\r\n\r\n${content}\r\n`;

const parse = (text: string) => parseMultipart(Buffer.from(text), B);

function refusalOf(text: string | Buffer): string {
  try {
    parseMultipart(Buffer.from(text), B);
  } catch (error) {
    if (error instanceof Problem && error.code === 'request.malformed') return error.detail;
    throw error;
  }
  throw new Error('it was taken');
}

describe('RFC 7578 › a form', () => {
  test('is read as fields and files', () => {
    const { fields, files } = parse(
      `${part('name="text"', 'a\r\nb: ü')}${part('name="file"; filename="a.json"', '{"a":1}\r\n', '\r\nContent-Type: application/json')}--${B}--\r\n`,
    );
    expect({ ...fields }).toEqual({ text: 'a\r\nb: ü' });
    expect(files['file']?.toString()).toBe('{"a":1}\r\n');
  });

  test('a file that was not chosen is none; an empty one that was is empty', () => {
    const { files } = parse(
      `${part('name="none"; filename=""', '', '\r\nContent-Type: application/octet-stream')}${part('name="empty"; filename="x"', '')}--${B}--\r\n`,
    );
    expect(Object.keys(files)).toEqual(['empty']);
  });

  test('is read as undici writes it, whatever bytes a file has', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(
          fc.string({ minLength: 1, maxLength: 20 }).filter((name) => /^[^\0"\r\n]+$/.test(name)),
          fc.string().filter((text) => !text.includes('\0') && isWellFormed(text)),
          { maxKeys: 5 },
        ),
        fc.uint8Array({ maxLength: 300 }),
        async (texts, bytes) => {
          const form = new FormData();
          for (const [name, value] of Object.entries(texts))
            if (isWellFormed(name) && name !== 'upload') form.set(name, value);
          form.set('upload', new Blob([Uint8Array.from(bytes)]), 'name "of" file.yaml');
          const response = new Response(form);
          const boundary = boundaryOf(response.headers.get('content-type') ?? '');
          const read = parseMultipart(Buffer.from(await response.arrayBuffer()), boundary ?? '');
          expect(Buffer.from(bytes).equals(read.files['upload'] ?? Buffer.from('missing'))).toBe(true);
          for (const [name, value] of form.entries()) {
            // As HTML says, line ends are written as CR LF.
            if (typeof value === 'string') expect(read.fields[name]).toBe(value.replaceAll(/\r\n|\r|\n/g, '\r\n'));
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test('what only looks like the boundary is content', () => {
    const content = `--${B.slice(0, -1)}\r\n--${B.slice(1)}\r\n ${B}--`;
    expect(parse(`${part('name="a"', content)}--${B}--`).fields['a']).toBe(content);
  });
});

describe('is refused', () => {
  test.each([
    ['nothing', ''],
    ['no boundary', 'a=b'],
    ['another boundary', `--other\r\n\r\n\r\n--other--`],
    ['something before it', `preamble\r\n${part('name="a"', 'x')}--${B}--`],
    ['something after it', `${part('name="a"', 'x')}--${B}--\r\nepilogue`],
    ['an end that never comes', part('name="a"', 'x')],
    ['a part without an end', `--${B}\r\nContent-Disposition: form-data; name="a"\r\n\r\nx`],
    ['a boundary that is not alone', `--${B} \r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--${B}--`],
    ['a name twice', `${part('name="a"', '1')}${part('name="a"', '2')}--${B}--`],
    ['a name as field and as file', `${part('name="a"', '1')}${part('name="a"; filename="f"', '2')}--${B}--`],
    ['no name', `${part('filename="f"', '1')}--${B}--`],
    ['an empty name', `${part('name=""', '1')}--${B}--`],
    ['a name twice in one head', `${part('name="a"; name="b"', '1')}--${B}--`],
    ['an extended file name', `${part(`name="a"; filename*=UTF-8''x`, '1')}--${B}--`],
    ['two dispositions', `${part('name="a"', '1', '\r\nContent-Disposition: form-data; name="b"')}--${B}--`],
    ['an unknown head', `${part('name="a"', '1', '\r\nContent-Transfer-Encoding: base64')}--${B}--`],
    [
      'a head without end',
      `--${B}\r\nContent-Disposition: form-data; name="a"; filename="${'x'.repeat(3000)}"\r\n\r\n\r\n--${B}--`,
    ],
    ['NUL in a field', `${part('name="a"', '\0')}--${B}--`],
    [
      'more fields than any form has',
      `${Array.from({ length: 51 }, (_, n) => part(`name="f${n}"`, '')).join('')}--${B}--`,
    ],
  ])('%s', (_name, text) => {
    expect(refusalOf(text)).toMatch(/\.$/);
  });

  test('bytes that are no UTF-8 in a field', () => {
    const [before, after] = part('name="a"', '|').split('|');
    expect(
      refusalOf(Buffer.concat([Buffer.from(before ?? ''), Buffer.from([0xff]), Buffer.from(`${after}--${B}--`)])),
    ).toContain('UTF-8');
  });

  test('whatever is cut out of a form or put into it is a form or a refusal, and never another fault', () => {
    const whole = Buffer.from(`${part('name="a"', 'x')}${part('name="f"; filename="g"', 'y')}--${B}--\r\n`);
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(40), fc.uint8Array({ maxLength: 10 }), (at, length, bytes) => {
        const changed = Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at + length)]);
        try {
          parseMultipart(changed, B);
        } catch (error) {
          expect(error).toMatchObject({ code: 'request.malformed' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('RFC 2046 §5.1.1 › the boundary', () => {
  test.each([
    [`multipart/form-data; boundary=${B}`, B],
    ['multipart/form-data; boundary="with space"', 'with space'],
    ['Multipart/Form-Data;boundary=a', 'a'],
  ])('is read from %s', (type, boundary) => {
    expect(boundaryOf(type)).toBe(boundary);
  });

  test.each([
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary=""',
    'multipart/form-data; boundary="ends in space "',
    'multipart/form-data; boundary=a; boundary=b',
    `multipart/form-data; boundary=${'a'.repeat(71)}`,
    'multipart/mixed; boundary=a',
    'application/x-www-form-urlencoded',
  ])('is none in %s', (type) => {
    expect(boundaryOf(type)).toBeUndefined();
  });
});
