import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
    { ignores: ['dist/', 'test/e2e/', 'node_modules/'] },
    eslint.configs.recommended,
    {
        files: ['src/**/*.ts', 'test/unit/**/*.ts'],
        extends: [tseslint.configs.strictTypeChecked],
        languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
        rules: {
            // Numbers in sentences and arrow functions that only call something are plain enough.
            '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
            // The runner waits for its tests itself.
            '@typescript-eslint/no-floating-promises': [
                'error',
                { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: 'test' }] },
            ],
            '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
        },
    },
    {
        files: ['**/*.mjs'],
        languageOptions: { globals: { process: 'readonly', URL: 'readonly' } },
    },
    {
        files: ['**/*.cjs'],
        languageOptions: { globals: { __dirname: 'readonly' } },
    },
);
