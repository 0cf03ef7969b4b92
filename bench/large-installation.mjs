// A large installation, made by SQL in a database that has nothing else but perhaps a client: 10,000 companies, 50,000 clients,
// 20,000 users, 2,000 roles, 50,000 API tokens, four in five of them of clients.

/** Half of the companies below one reseller, the others below ninety-nine. */
export const FILL = [
  `INSERT INTO company (id, name, name_key, parent_id, path, reseller, status, created_at, updated_at, version)
   SELECT 'co_r' || n, 'Reseller ' || n, 'reseller ' || n, 'co_root', 'co_root/co_r' || n || '/', true, 'active',
     now() - n * interval '1 minute', now(), 1 FROM generate_series(0, 99) n`,
  `INSERT INTO company (id, name, name_key, parent_id, path, reseller, status, created_at, updated_at, version)
   SELECT 'co_c' || n, 'Company ' || md5(n::text), 'company ' || md5(n::text), parent, 'co_root/' || parent || '/co_c' || n || '/',
     false, CASE WHEN n % 50 = 0 THEN 'suspended' ELSE 'active' END, now() - n * interval '1 minute', now(), 1
   FROM generate_series(0, 9899) n, LATERAL (SELECT 'co_r' || CASE WHEN n % 2 = 0 THEN 0 ELSE 1 + n % 99 END AS parent) p`,
  `INSERT INTO api (id, identifier, name, name_key, description, built_in, available_to_all, created_at, updated_at, version)
   VALUES ('tickets', 'https://tickets.example.test', 'Tickets', 'tickets', '', false, true, now(), now(), 1)`,
  `INSERT INTO privilege (api_id, scope, group_name, description, level, position)
   SELECT 'tickets', 'group' || n / 2 || CASE n % 2 WHEN 0 THEN ':read' ELSE ':write' END, 'group' || n / 2, 'Do something', 'company', n
   FROM generate_series(0, 99) n`,
  `INSERT INTO role (id, name, name_key, search_text, description, kind, company_id, created_at, updated_at, version)
   SELECT 'role_' || n, 'Role ' || n, 'role ' || n, 'role ' || n, '', 'custom',
     CASE WHEN n < 200 THEN 'co_r' || n % 100 ELSE 'co_c' || n * 4 END, now() - n * interval '1 minute', now(), 1
   FROM generate_series(0, 1997) n`,
  `INSERT INTO role_privilege (role_id, api_id, scope)
   SELECT r.id, p.api_id, p.scope FROM role r JOIN privilege p ON p.level = 'company' AND hashtext(r.id || p.scope) % 10 = 0
   WHERE r.kind = 'custom'`,
  `INSERT INTO role_company (role_id, company_id)
   SELECT 'role_' || n, c.id FROM generate_series(0, 199) n
   JOIN LATERAL (SELECT id FROM company WHERE parent_id = 'co_r' || n % 100 ORDER BY hashtext(id || n) LIMIT 50) c ON true`,
  `INSERT INTO client (client_id, name, name_key, search_text, description, company_id, role_id, status, ip_mode, ip_rules, default_api,
     token_lifetime_seconds, token_format, auth_method, token_generation, last_used_at, created_at, updated_at, version)
   SELECT 'pst_' || substr(md5('client' || n), 1, 24), 'job ' || md5(n::text), 'job ' || md5(n::text), 'job ' || md5(n::text), '',
     company, coalesce(r.id, 'role_company_admin'), CASE WHEN n % 20 = 0 THEN 'inactive' ELSE 'active' END, 'off', '{}', 'management', 86400, 'jwt',
     'client_secret', 0, CASE WHEN n % 3 > 0 THEN now() - n * interval '7 seconds' END, now() - n * interval '11 seconds', now(), 1
   FROM generate_series(0, 49999) n CROSS JOIN LATERAL (SELECT CASE WHEN n % 100 = 0 THEN 'co_r' || n % 97 ELSE 'co_c' || n % 9900 END AS company) c
   LEFT JOIN role r ON r.company_id = company AND n % 100 > 0 AND n % 3 = 0`,
  `INSERT INTO client_secret (id, client_id, slot, hint, hash, created_at)
   SELECT 'sec_' || client_id, client_id, 1, substr(client_id, 5, 4), 'none', now() FROM client
   WHERE client_id NOT IN (SELECT client_id FROM client_secret)`,
  `INSERT INTO client_source (client_id, ip, first_seen_at, last_seen_at, uses, refusals)
   SELECT client_id, '192.0.2.' || n, now(), now(), 1, 0 FROM client, generate_series(1, 2) n`,
  `INSERT INTO user_account (id, email, email_key, name, company_id, role_id, status, password_hash, last_sign_in_at, created_at,
     updated_at, version)
   SELECT 'usr_' || n, 'user' || n || '@example.test', 'user' || n || '@example.test', 'User ' || md5(n::text),
     company, coalesce(r.id, 'role_company_admin'), 'active', 'none',
     CASE WHEN n % 3 > 0 THEN now() - n * interval '1 minute' END, now() - n * interval '1 minute', now(), 1
   FROM generate_series(0, 19999) n CROSS JOIN LATERAL (SELECT CASE WHEN n % 100 = 0 THEN 'co_r' || n % 97 ELSE 'co_c' || n % 9900 END AS company) c
   LEFT JOIN role r ON r.company_id = company AND n % 100 > 0 AND n % 3 = 0`,
  `INSERT INTO api_token (id, name, name_key, search_text, client_id, user_id, company_id, company_path, api_id, scopes, ip_mode,
     ip_rules, token_hash, hint, expires_at, issued_at, last_used_at, created_at, updated_at, version)
   SELECT 'tok_' || n, 'export ' || md5('token' || n), 'export ' || md5('token' || n), 'export ' || md5('token' || n),
     CASE WHEN n % 5 > 0 THEN 'pst_' || substr(md5('client' || n), 1, 24) END, CASE WHEN n % 5 = 0 THEN 'usr_' || n % 20000 END, '', '',
     CASE WHEN n % 10 = 0 THEN 'tickets' ELSE 'management' END, ARRAY['audit:read'], 'off', '{}', md5('value' || n), 'abcd',
     CASE WHEN n % 4 = 0 THEN now() + (n - 5000) * interval '1 minute' END, now(),
     CASE WHEN n % 3 > 0 THEN now() - n * interval '7 seconds' END, now() - n * interval '11 seconds', now(), 1
   FROM generate_series(0, 49999) n`,
];
