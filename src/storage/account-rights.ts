// Whether the database account may do what Postern does with it: make tables, at every midnight too, and change those that it made.
import type { DataSource, QueryRunner } from 'typeorm';
import { createMaintenanceDataSource, type DatabaseConnection } from './data-source.ts';
import { entities } from './entities/entities.ts';

type Connected = Pick<QueryRunner | DataSource, 'query'>;

interface Account {
  /** Names as SQL has them, quoted where they need it. */
  readonly account: string;
  readonly database: string;
  /** Where new tables go; null where the account finds no schema that it may look into. */
  readonly schema: string | null;
  readonly mayCreate: boolean;
}

interface Stranger {
  readonly owner: string;
  /** The first of all roles; the server holds on to what is its. */
  readonly isFirst: boolean;
  readonly schema: string;
}

const LOOK_AT_ACCOUNT = `
SELECT quote_ident(current_user) AS account, quote_ident(current_database()) AS database, quote_ident(current_schema()) AS schema,
  coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS "mayCreate"`;

/** To be a member of the owner is as good. */
const FIND_STRANGER = `
SELECT quote_ident(owner.rolname) AS owner, owner.oid = 10 AS "isFirst", quote_ident(place.nspname) AS schema
FROM unnest($1::text[]) AS wanted (name)
JOIN pg_class c ON c.oid = to_regclass(quote_ident(wanted.name))
JOIN pg_namespace place ON place.oid = c.relnamespace
JOIN pg_roles owner ON owner.oid = c.relowner
WHERE NOT pg_has_role(c.relowner, 'USAGE')
GROUP BY 1, 2, 3 ORDER BY count(*) DESC LIMIT 1`;

/** Those without an entity that matter as much. */
const OTHER_TABLES = ['migration', 'audit_event', 'change', 'opaque_token'];

/** The first thing that is missing, with the statement that mends it: a sentence for the operator. */
export async function findMissingRight(connected: Connected): Promise<string | undefined> {
  const [found] = (await connected.query(LOOK_AT_ACCOUNT)) as Account[];
  if (!found) throw new Error('the server answered without a row');
  const { account, database, schema } = found;
  const run = `Have an administrator run, in the database ${database}:`;
  if (schema === null) {
    return (
      `The database account ${account} finds no schema for its tables in the database ${database}. ` +
      `${run} GRANT USAGE, CREATE ON SCHEMA public TO ${account};`
    );
  }
  const tables = [...OTHER_TABLES, ...entities.map(({ options }) => options.tableName ?? options.name)];
  const [stranger] = (await connected.query(FIND_STRANGER, [tables])) as Stranger[];
  if (stranger) {
    return (
      `The tables in the schema ${stranger.schema} of the database ${database} belong to ${stranger.owner}, so that the account ` +
      `${account} cannot change them. ${run} ${remedyFor(stranger, account)}`
    );
  }
  if (found.mayCreate) return undefined;
  return (
    `The database account ${account} may not make tables in the schema ${schema} of the database ${database}. ` +
    `${run} GRANT CREATE ON SCHEMA ${schema} TO ${account};`
  );
}

function remedyFor({ owner, isFirst, schema }: Stranger, account: string): string {
  if (!isFirst) return `REASSIGN OWNED BY ${owner} TO ${account};`;
  const place = `'${schema.replaceAll("'", "''")}'::regnamespace`;
  return (
    "DO $$ DECLARE thing text; BEGIN FOR thing IN SELECT format('TABLE %s', oid::regclass) FROM pg_class " +
    `WHERE relnamespace = ${place} AND relkind IN ('r', 'p') UNION ALL SELECT format('FUNCTION %s', oid::regprocedure) FROM pg_proc ` +
    `WHERE pronamespace = ${place} LOOP EXECUTE format('ALTER %s OWNER TO %s', thing, '${account.replaceAll("'", "''")}'); ` +
    'END LOOP; END $$;'
  );
}

/** What the account of this connection lacks. */
export async function probeAccount(connection: DatabaseConnection): Promise<string | undefined> {
  const dataSource = createMaintenanceDataSource({ connection, log: { warn: () => undefined } });
  await dataSource.initialize();
  try {
    return await findMissingRight(dataSource);
  } finally {
    await dataSource.destroy();
  }
}
