import { ApiError } from '../service.ts';
import type { Api } from './api.ts';
import type { Protocol } from './protocol.ts';
import { queryProtocol } from './query.ts';
import { escapeXml, writeMembers, xmlDeclaration } from './xml.ts';

/** The query protocol of STS and its like: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
export function awsQuery(api: Api): Protocol {
  return queryProtocol(api, {
    names: { memberName: (name, { xmlName }) => xmlName ?? name, flattenLists: false },

    errors: {
      missing: (name) => constraintBroken(`Value null at '${pointer(name)}' failed to satisfy constraint: Member must not be null`),
      invalid: (name, value, expected) => new ApiError('MalformedInput', `${value} at ${pointer(name)} is not ${expected}`),
      unknown: undefined,
    },

    outputBody({ operation, shape, value, requestId }) {
      const result =
        shape.membersByName.size === 0 ? '' : `<${operation}Result>${writeMembers(shape, value, operation)}</${operation}Result>`;
      const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
      return `${xmlDeclaration}<${operation}Response xmlns="${api.xmlNamespace}">${result}${metadata}</${operation}Response>`;
    },

    errorBody(error, requestId) {
      const type = error.httpStatus >= 500 ? 'Receiver' : 'Sender';
      const content = `<Type>${type}</Type><Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message>`;
      return `${xmlDeclaration}<ErrorResponse xmlns="${api.xmlNamespace}"><Error>${content}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
    },
  });
}

/** These services' error for a value out of bounds, one or more in a request. */
export function constraintBroken(...constraints: readonly string[]): ApiError {
  const count = `${constraints.length} validation error${constraints.length === 1 ? '' : 's'} detected`;
  return new ApiError('ValidationError', `${count}: ${constraints.join('; ')}`);
}

/** `Tags.member.1.Key` as these services' messages point at it: `tags.1.member.key`. */
function pointer(name: string): string {
  return name
    .replaceAll(/\bmember\.(\d+)/g, '$1.member')
    .split('.')
    .map((part) => part.charAt(0).toLowerCase() + part.slice(1))
    .join('.');
}
