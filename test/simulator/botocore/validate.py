"""Checks answers against the models of botocore, which the AWS CLI reads them by.

Reads one JSON object a line: {"service", "operation", "status", "headers", "body"}; the service by its signing name.
Prints a JSON list of {"service", "operation", "path", "problem"}.

botocore's own parsers overlook what they do not know; here an element or member without a place in the model is a problem,
and so is a value that breaks its shape's type, enum, pattern, length or range, or the lack of a required member.
"""

import json
import re
import sys
import xml.etree.ElementTree as etree

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser

loader = Loader()
models = {}
formats = {
    'iso8601': r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z',
    'rfc822': r'[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT',
    'unixTimestamp': r'\d+(\.\d+)?',
}


def model_of(service):
    if service not in models:
        models[service] = ServiceModel(loader.load_service_model(service, 'service-2'), service)
    return models[service]


class Check:
    def __init__(self, protocol):
        self.protocol = protocol
        self.problems = []

    def problem(self, path, text):
        self.problems.append((path, text))

    def scalar(self, shape, text, path):
        """A value in its written form."""
        name = shape.type_name
        if name in ('integer', 'long'):
            if not re.fullmatch(r'-?\d+', text):
                return self.problem(path, f'is no {name}: {text}')
            self.between(shape, int(text), path, 'is')
        elif name in ('float', 'double'):
            try:
                self.between(shape, float(text), path, 'is')
            except ValueError:
                self.problem(path, f'is no {name}: {text}')
        elif name == 'boolean':
            if text not in ('true', 'false'):
                self.problem(path, f'is no boolean: {text}')
        elif name == 'timestamp':
            usual = 'unixTimestamp' if self.protocol == 'rest-json' else 'iso8601'
            form = shape.serialization.get('timestampFormat', usual)
            if not re.fullmatch(formats[form], text):
                self.problem(path, f'is no timestamp of the form {form}: {text}')
        elif name == 'string':
            if shape.enum and text not in shape.enum:
                self.problem(path, f'is none of the values of {shape.name}: {text}')
            pattern = shape.metadata.get('pattern')
            if pattern and not re.fullmatch(pattern, text):
                self.problem(path, f'does not match {pattern}: {text}')
            self.between(shape, len(text), path, 'has the length')
        else:
            self.problem(path, f'has the type {name}, which this check does not know')

    def between(self, shape, value, path, verb):
        if value < shape.metadata.get('min', value) or value > shape.metadata.get('max', value):
            self.problem(path, f'{verb} {value}, not from {shape.metadata.get("min", "")} to {shape.metadata.get("max", "")}')

    def required(self, shape, seen, path):
        for name in shape.required_members:
            elsewhere = shape.members[name].serialization.get('location') in ('header', 'headers', 'statusCode')
            if name not in seen and not elsewhere:
                self.problem(f'{path}.{name}', 'is required')

    def xml(self, shape, node, path, besides=()):
        if shape.type_name == 'structure':
            # What stands under the name of no member, and single values that come twice.
            names = {}
            for member, inner in shape.members.items():
                if inner.serialization.get('location') in ('header', 'headers', 'statusCode'):
                    continue
                flat = inner.serialization.get('flattened')
                name = inner.serialization.get('name', member)
                if flat and inner.type_name == 'list':
                    name = inner.member.serialization.get('name', name)
                names[name] = (member, inner, flat)
            seen = {}
            for child in node:
                tag = child.tag.rsplit('}', 1)[-1]
                if tag in besides:
                    continue
                if tag not in names:
                    self.problem(f'{path}.{tag}', 'is unknown')
                    continue
                member, inner, flat = names[tag]
                if member in seen and not flat:
                    self.problem(f'{path}.{member}', 'comes twice')
                seen[member] = True
                self.xml(inner.member if flat and inner.type_name == 'list' else inner, child, f'{path}.{member}')
            self.required(shape, seen, path)
        elif shape.type_name == 'list':
            name = shape.member.serialization.get('name', 'member')
            for child in node:
                tag = child.tag.rsplit('}', 1)[-1]
                if tag != name:
                    self.problem(f'{path}.{tag}', f'stands among items called {name}')
                else:
                    self.xml(shape.member, child, f'{path}[]')
            self.between(shape, len(node), path, 'has the length')
        elif len(node) > 0:
            self.problem(path, f'holds elements, and should be a {shape.type_name}')
        else:
            self.scalar(shape, node.text or '', path)

    def json(self, shape, value, path):
        kind = shape.type_name
        if value is None:
            return self.problem(path, 'is null')
        if kind == 'structure':
            if not isinstance(value, dict):
                return self.problem(path, 'is no object')
            names = {}
            for member, inner in shape.members.items():
                if inner.serialization.get('location') not in ('header', 'headers', 'statusCode'):
                    names[inner.serialization.get('name', member)] = (member, inner)
            for name, item in value.items():
                if name not in names:
                    self.problem(f'{path}.{name}', 'is unknown')
                else:
                    self.json(names[name][1], item, f'{path}.{names[name][0]}')
            self.required(shape, {names[name][0] for name in value if name in names}, path)
            if shape.is_tagged_union and len(value) != 1:
                self.problem(path, f'is a union of {len(value)} members')
        elif kind == 'list':
            if not isinstance(value, list):
                return self.problem(path, 'is no list')
            for item in value:
                self.json(shape.member, item, f'{path}[]')
            self.between(shape, len(value), path, 'has the length')
        elif kind == 'map':
            for key, item in value.items():
                self.scalar(shape.key, key, f'{path}.{key}')
                self.json(shape.value, item, f'{path}.{key}')
        else:
            form = shape.serialization.get('timestampFormat', 'unixTimestamp')
            wanted = {
                'boolean': bool,
                'string': str,
                'timestamp': str if form != 'unixTimestamp' else (int, float),
            }.get(kind, (int, float))
            if not isinstance(value, wanted) or (kind != 'boolean' and isinstance(value, bool)):
                return self.problem(path, f'is no {kind}: {value!r}')
            self.scalar(shape, str(value).lower() if isinstance(value, bool) else str(value), path)

    def headers(self, shape, headers, path):
        for member, inner in shape.members.items():
            if inner.serialization.get('location') != 'header':
                continue
            value = headers.get(inner.serialization.get('name', member).lower())
            if value is not None:
                self.scalar(inner, value, f'{path}.{member}')
            elif member in shape.required_members:
                self.problem(f'{path}.{member}', 'is required')


def check_success(check, operation, answer):
    shape = operation.output_shape
    body = answer['body']
    code = operation.http.get('responseCode', 200)
    if answer['status'] != code:
        check.problem('', f'has the status {answer["status"]}, not {code}')
    if check.protocol == 'rest-json':
        value = json.loads(body) if body else {}
        if shape is None:
            if value != {}:
                check.problem('', 'has a body, and should have none')
            return
        check.json(shape, value, '')
        return check.headers(shape, answer['headers'], '')
    if shape is None:
        if check.protocol == 'rest-xml' and body:
            check.problem('', 'has a body, and should have none')
        return
    root = etree.fromstring(body)
    tag = root.tag.rsplit('}', 1)[-1]
    if check.protocol == 'ec2':
        if tag != f'{operation.name}Response':
            check.problem('', f'is called {tag}')
        if root.find('{*}requestId') is None:
            check.problem('.requestId', 'is missing')
        check.xml(shape, root, '', besides=('requestId',))
    elif check.protocol == 'query':
        wrapper = shape.serialization.get('resultWrapper', f'{operation.name}Result')
        if [child.tag.rsplit('}', 1)[-1] for child in root] != [wrapper, 'ResponseMetadata']:
            check.problem('', f'is not made of {wrapper} and ResponseMetadata')
        check.xml(shape, root[0], '')
    else:
        check.xml(shape, root, '')
        check.headers(shape, answer['headers'], '')


# What every service may say that checks signatures and rights, and what this simulator says of what it does not model.
common = {'AccessDeniedException', 'AccessDenied', 'ThrottlingException', 'Throttling', 'InvalidClientTokenId', 'ExpiredToken', 'ValidationError'}


def check_error(check, operation, answer, parsed):
    code = parsed.get('Error', {}).get('Code')
    if not code:
        return check.problem('', f'is an error without a code: {answer["body"]}')
    if not parsed['Error'].get('Message'):
        check.problem('', f'{code} has no message')
    if not operation.error_shapes:
        return
    for shape in operation.error_shapes:
        wire = shape.metadata.get('error', {}).get('code', shape.name)
        if code in (wire, shape.name):
            status = shape.metadata.get('error', {}).get('httpStatusCode')
            if status and status != answer['status']:
                check.problem('', f'{code} has the status {answer["status"]}, not {status}')
            if check.protocol == 'rest-json':
                body = {key: value for key, value in json.loads(answer['body']).items() if key not in ('__type', 'code')}
                check.json(shape, body, f':{code}')
            return
    if code not in common and not code.startswith('NotImplemented'):
        check.problem('', f'{code} is none of the errors of the operation')


problems = []
for line in sys.stdin:
    answer = json.loads(line)
    answer['headers'] = {name.lower(): value for name, value in answer['headers'].items()}
    operation = model_of(answer['service']).operation_model(answer['operation'])
    protocol = model_of(answer['service']).metadata['protocol']
    check = Check(protocol)
    try:
        parsed = create_parser(protocol).parse(
            {'body': answer['body'].encode(), 'headers': answer['headers'], 'status_code': answer['status']}, operation.output_shape
        )
        if answer['status'] >= 400:
            check_error(check, operation, answer, parsed)
        else:
            check_success(check, operation, answer)
    except Exception as error:
        check.problem('', f'cannot be read: {error!r}: {answer["body"][:300]}')
    for path, text in check.problems:
        problems.append({'service': answer['service'], 'operation': answer['operation'], 'path': path, 'problem': text})
print(json.dumps(problems))
