import { ApiError } from '../service.ts';
import type { Api } from './api.ts';
import type { Protocol } from './protocol.ts';
import { queryProtocol } from './query.ts';
import { escapeXml, writeMembers, xmlDeclaration } from './xml.ts';

/** EC2's own form of the query protocol: https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html */
export function ec2Query(api: Api): Protocol {
  return queryProtocol(api, {
    names: {
      memberName: (name, { ec2QueryName, xmlName }) => ec2QueryName ?? capitalize(xmlName ?? name),
      flattenLists: true,
    },

    errors: {
      missing: (name) => new ApiError('MissingParameter', `The request must contain the parameter ${name}`),
      invalid: (name, value, expected) =>
        new ApiError('InvalidParameterValue', `Value (${value}) for parameter ${name} is invalid. Expected ${expected}.`),
      unknown: (name) => new ApiError('UnknownParameter', `The parameter ${name} is not recognized`),
    },

    outputBody({ operation, shape, value, requestId }) {
      // Where the model knows no output, EC2 says that the call went well.
      const members = shape.membersByName.size === 0 ? '<return>true</return>' : writeMembers(shape, value, operation);
      const element = `${operation}Response`;
      return `${xmlDeclaration}<${element} xmlns="${api.xmlNamespace}"><requestId>${requestId}</requestId>${members}</${element}>`;
    },

    errorBody(error, requestId) {
      const content = `<Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message>`;
      return `${xmlDeclaration}<Response><Errors><Error>${content}</Error></Errors><RequestID>${requestId}</RequestID></Response>`;
    },
  });
}

function capitalize(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
