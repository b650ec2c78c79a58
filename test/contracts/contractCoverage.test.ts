import { expect } from 'chai';
import { Instrumenter, type Point } from '../../scripts/contractCoverage/instrument.ts';

const IMPORT = 'import {__hit, __cond} from "./Probe.sol";';

/** The points of a function body, without those of the function itself. */
function pointsOf(body: string): { points: Point[]; text: string; lines: number } {
  const source = `pragma solidity 0.8.37;\nfunction f(bool a, bool b, uint256 c) pure returns (uint256 d) {\n${body}\n}\n`;
  const instrumenter = new Instrumenter('Some.sol', source, 1);
  const text = instrumenter.run(IMPORT);
  return {
    points: instrumenter.points.filter((point) => point.kind !== 'function'),
    text,
    lines: source.split('\n').length,
  };
}

function labels(points: readonly Point[], kind: Point['kind']): string[] {
  return points.filter((point) => point.kind === kind).map((point) => point.label);
}

describe('coverage of the contracts', () => {
  it('wants both outcomes of every part of a condition, so that no half of an "or" stays untested', () => {
    const { points } = pointsOf('if (a || !(b && c == 1)) d = 2;');
    expect(labels(points, 'branch')).to.have.members(
      ['a', 'b', 'c == 1'].flatMap((part) => [`${part} is false`, `${part} is true`]),
    );
  });

  it('wants both outcomes of a choice inside a condition, and of the condition', () => {
    const { points } = pointsOf('if (a ? b : c == 2) d = 1;');
    expect(labels(points, 'branch')).to.have.members(
      ['a', 'a ? b : c == 2'].flatMap((part) => [`${part} is false`, `${part} is true`]),
    );
  });

  it('wants every statement, also one that shares its line with its condition', () => {
    const { points } = pointsOf('if (a) d = 1;\nelse if (b) d = 2;\nfor (uint256 i = 0; i < c; ++i) d += i;');
    expect(
      points.filter((point) => point.kind === 'line').map(({ line, label }) => [line, label.slice(0, 5)]),
    ).to.deep.equal([
      [3, 'if (a'],
      [5, 'for ('],
      [3, 'd = 1'],
      [4, 'if (b'],
      [4, 'd = 2'],
      [5, 'd += '],
    ]);
  });

  it('wants every case of assembly and its lines, and the case that nobody wrote', () => {
    const { points } = pointsOf('assembly {\nswitch c\ncase 0 { d := 1 }\nif eq(c, 3) { d := 4 }\n}');
    expect(labels(points, 'branch')).to.have.members([
      'case 0 { d := 1 }',
      'switch c case 0 { d := 1 }: no case',
      'eq(c, 3) is false',
      'eq(c, 3) is true',
    ]);
    const [assembly, inCase, inIf] = ['assembly', 'd := 1', 'd := 4'].map((label) =>
      points.find((point) => point.kind === 'line' && point.label.startsWith(label)),
    );
    const probeOf = (label: string) => points.find((point) => point.label === label)?.probe;
    expect(inCase?.probe).to.equal(probeOf('case 0 { d := 1 }'));
    expect(inIf?.probe).to.equal(probeOf('eq(c, 3) is true'));
    expect(assembly?.probe).to.not.equal(inCase?.probe);
  });

  it('keeps every line on its number, and gives no two things one probe unless they run together', () => {
    const { text, lines, points } = pointsOf('if (a && b) d = 1;\nassembly {\nif c { d := 2 }\n}');
    expect(text.split('\n')).to.have.lengthOf(lines);
    const branches = points.filter((point) => point.kind === 'branch').map((point) => point.probe);
    expect(new Set(branches)).to.have.property('size', branches.length);
  });
});
