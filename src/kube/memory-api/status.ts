/** What more is known of a refusal; `causes` name fields. */
export interface StatusDetails {
  readonly name?: string | undefined;
  readonly group?: string;
  /** In the plural, as in the URL; with an invalid object its kind. */
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly { readonly reason: string; readonly message: string; readonly field: string }[];
}

/** A request is refused: what a client is told with `kind: Status` (apimachinery's `meta/v1/types.go`). */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  /** HTTP's. */
  readonly code: number;
  /** Kubernetes's own word: `NotFound`, `Conflict` … */
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor({ code, reason, message, details }: { code: number; reason: string; message: string; details?: StatusDetails }) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  toJSON(): object {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details && { details: this.details }),
      code: this.code,
    };
  }
}

/** How a resource is called in messages. */
export interface ResourceName {
  /** Empty for the core group. */
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
}

/** `vpcpeerings.isthmus.dev`, or `namespaces` */
const qualified = (name: string, group: string): string => (group === '' ? name : `${name}.${group}`);
const detailsOf = ({ group, plural }: ResourceName, name: string): StatusDetails => ({ name, group, kind: plural });

export function notFound(resource: ResourceName, name: string): StatusError {
  const message = `${qualified(resource.plural, resource.group)} "${name}" not found`;
  return new StatusError({ code: 404, reason: 'NotFound', message, details: detailsOf(resource, name) });
}

/** No such path. */
export function noSuchResource(): StatusError {
  return new StatusError({ code: 404, reason: 'NotFound', message: 'the server could not find the requested resource' });
}

export function alreadyExists(resource: ResourceName, name: string): StatusError {
  const message = `${qualified(resource.plural, resource.group)} "${name}" already exists`;
  return new StatusError({ code: 409, reason: 'AlreadyExists', message, details: detailsOf(resource, name) });
}

export function conflict(resource: ResourceName, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(resource.plural, resource.group)} "${name}": ${why}; please apply your changes to the latest version and try again`;
  return new StatusError({ code: 409, reason: 'Conflict', message, details: detailsOf(resource, name) });
}

export function forbidden(resource: ResourceName, name: string, why: string): StatusError {
  const message = `${qualified(resource.plural, resource.group)} "${name}" is forbidden: ${why}`;
  return new StatusError({ code: 403, reason: 'Forbidden', message, details: detailsOf(resource, name) });
}

/** @param errors a sentence for each, that begins with its field and a colon */
export function invalid({ group, kind }: ResourceName, name: string, errors: readonly string[]): StatusError {
  const causes = errors.map((error) => {
    const [field = '', ...message] = error.split(': ');
    return { reason: 'FieldValueInvalid', field, message: message.join(': ') };
  });
  const all = errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`;
  const message = `${qualified(kind, group)} "${name}" is invalid: ${all}`;
  return new StatusError({ code: 422, reason: 'Invalid', message, details: { name, group, kind, causes } });
}

export function badRequest(message: string): StatusError {
  return new StatusError({ code: 400, reason: 'BadRequest', message });
}

export function methodNotAllowed(): StatusError {
  return new StatusError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
  });
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new StatusError({ code: 415, reason: 'UnsupportedMediaType', message });
}

/** The client is to list anew. */
export function expired(version: string): StatusError {
  return new StatusError({ code: 410, reason: 'Expired', message: `too old resource version: ${version}` });
}
