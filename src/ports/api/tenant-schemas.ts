// What the Management API shows of companies and users.
import { z } from 'zod';
import { ipRestrictionSchema, noticesSchema } from './schemas.ts';

const instant = z.iso.datetime();
const text = z.string();

export const companySchema = z
  .strictObject({
    id: text,
    name: text,
    parent_id: text.nullable().meta({
      description: 'The company above; null for the root company, and for your own: that one lies beyond your reach.',
    }),
    reseller: z.boolean().meta({ description: 'May have companies below it, and holders of the role Reseller.' }),
    status: z
      .enum(['active', 'suspended'])
      .meta({ description: 'Its own; a suspended company refuses all below it too, whatever theirs is.' }),
    ip_restriction: ipRestrictionSchema,
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'Company', description: 'A tenant: clients, users and custom roles belong to it.' });

export const changedCompanySchema = companySchema
  .extend({ notices: noticesSchema })
  .meta({ id: 'ChangedCompany', description: 'The company as it is now.' });

export const userSchema = z
  .strictObject({
    id: text,
    email: text,
    name: text,
    company_id: text,
    role_id: text,
    role: text.meta({ description: 'Name of the role.' }),
    status: z.enum(['active', 'inactive']),
    ip_exempt: z.boolean().meta({ description: 'Signs in from anywhere, whatever the company’s IP restriction says.' }),
    created_at: instant,
    updated_at: instant,
    last_sign_in_at: instant.nullable(),
  })
  .meta({ id: 'User', description: 'A person who signs in to the pages.' });

export const invitedUserSchema = userSchema
  .extend({
    invitation_url: text.meta({
      description:
        'Opens the page on which they set their password: once, within seven days. Hand it to them yourself.',
    }),
  })
  .meta({ id: 'InvitedUser', description: 'A user with the link of their invitation, in this one answer.' });
