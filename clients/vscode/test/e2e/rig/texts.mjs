// Programs of any length, correct and of no use.

const LINES = 8;

function step(idx) {
    return `static int step${idx}(int value)
{
    int sum = value + ${idx};

    if (sum > ${idx * 3})
        return sum - 1;
    return sum;
}
`;
}

/** C with so many lines, which must be a multiple of 8. */
export function longC(lines) {
    if (lines % LINES) throw new Error(`${lines} is no multiple of ${LINES}`);
    return Array.from({ length: lines / LINES }, (_, idx) => step(idx)).join('');
}

/** A line near this one that reads `    return sum;`. */
export const returnLine = near => near - near % LINES + LINES - 1;
