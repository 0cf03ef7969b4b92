// Questions about the audit log.
import { notFound } from '../../base/problem.ts';
import { type Caller, requirePrivilege } from '../access/caller.ts';
import type { AuditFilter, Page, PageRequest, Storage } from '../stores.ts';
import type { AuditEvent } from './audit-event.ts';

export interface AuditService {
  get(caller: Caller, id: string): Promise<AuditEvent>;
  list(caller: Caller, filter: AuditFilter, page: PageRequest & { order: 'asc' | 'desc' }): Promise<Page<AuditEvent>>;
}

export function createAuditService({ storage }: { storage: Storage }): AuditService {
  return {
    async get(caller, id) {
      requirePrivilege(caller, 'audit:read');
      // Decimal, within PostgreSQL's bigint.
      const event = /^\d{1,18}$/.test(id)
        ? await storage.read((stores) => stores.audit.find(id, caller.reach))
        : undefined;
      if (!event) throw notFound('audit event');
      return event;
    },
    list(caller, filter, page) {
      requirePrivilege(caller, 'audit:read');
      return storage.read((stores) => stores.audit.list(filter, page, caller.reach));
    },
  };
}
