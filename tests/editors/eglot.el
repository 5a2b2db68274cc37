;;; eglot.el --- lm-lint in Emacs, run for real  -*- lexical-binding: t -*-

;; Run by run.sh in a copy of the examples, with LM_LINT in the environment. What a person writes into init.el stands in
;; docs/editors.md; the form there is read and evaluated here, so that it is true.

(require 'eglot)
(require 'flymake)

(defun lm-lint-test-fail (&rest words)
  "End with status 1 and say why in WORDS, a format string and its arguments."
  (princ (concat "not ok eglot: " (apply #'format words) "\n"))
  (kill-emacs 1))

(defun lm-lint-test-await (what predicate)
  "Run the event loop until PREDICATE is true; WHAT is said if it takes too long."
  (let ((deadline (+ (float-time) 60)))
    (while (not (funcall predicate))
      (when (> (float-time) deadline)
        (lm-lint-test-fail "it did not happen: %s" what))
      (accept-process-output nil 0.05))))

(defun lm-lint-test-form (page)
  "The first Lisp form of the Emacs section of PAGE."
  (with-temp-buffer
    (insert-file-contents page)
    (re-search-forward "^## Emacs")
    (re-search-forward "^```elisp\n")
    (let ((start (point)))
      (re-search-forward "^```")
      (car (read-from-string (concat "(progn " (buffer-substring start (match-beginning 0)) ")"))))))

(defun lm-lint-test-findings ()
  "The findings of lm-lint, as (LINE . TEXT)."
  (mapcar (lambda (finding)
            (cons (line-number-at-pos (flymake-diagnostic-beg finding)) (flymake-diagnostic-text finding)))
          (flymake-diagnostics)))

(defun lm-lint-test-repair ()
  "Choose the first entry of the menu of code actions at point, as a person would."
  ;; In batch mode the last event is nil, which looks like one of the mouse.
  (let ((last-nonmenu-event ?\r) menu)
    (cl-letf (((symbol-function 'completing-read)
               (lambda (_prompt choices &rest _) (setq menu choices) (car (car choices)))))
      (eglot-code-actions (point) nil nil t))
    (unless (assoc "Ignore this finding here (missing-token)" menu)
      (lm-lint-test-fail "the menu of code actions was %S" menu))))

(defun lm-lint-test-line (line)
  "The text of LINE."
  (save-excursion
    (goto-char (point-min))
    (forward-line (1- line))
    (buffer-substring-no-properties (line-beginning-position) (line-end-position))))

(defun lm-lint-test (path mode line repaired)
  "Open PATH in MODE, see a finding in LINE, repair it, read REPAIRED there."
  (find-file path)
  (funcall mode)
  ;; Emacs 28 in batch mode runs no idle timers: they are what sends changes and asks for findings.
  (setq-local eglot-send-changes-idle-time 0)
  (unless (eglot-managed-p) (call-interactively #'eglot))
  (lm-lint-test-await (format "a finding in %s" path) (lambda () (flymake-start) (lm-lint-test-findings)))
  (let ((finding (car (lm-lint-test-findings))))
    (unless (equal (car finding) line) (lm-lint-test-fail "%s: found %S" path finding))
    (goto-char (point-min))
    (forward-line (1- line))
    (goto-char (flymake-diagnostic-beg (car (flymake-diagnostics)))))
  (lm-lint-test-repair)
  (lm-lint-test-await "the repair" (lambda () (equal (lm-lint-test-line line) repaired)))
  (eglot--signal-textDocument/didChange)
  (lm-lint-test-await "no finding" (lambda () (flymake-start) (null (lm-lint-test-findings))))
  (princ (format "ok     eglot %s\n" path))
  (set-buffer-modified-p nil))

;; The program of the repository in the place of the one in PATH.
(setenv "PATH" (concat (file-name-directory (getenv "LM_LINT")) ":" (getenv "PATH")))
(push (file-name-directory (getenv "LM_LINT")) exec-path)
(setq eglot-sync-connect 60 eglot-autoshutdown t eglot-confirm-server-initiated-edits nil)
(eval (lm-lint-test-form (getenv "LM_LINT_PAGE")) t)
(lm-lint-test "missing_paren.c" #'c-mode 27
              "    while (count < MAX_READINGS && fgets(line, sizeof line, input) != NULL) {")
(lm-lint-test "python/routes.py" #'python-mode 38
              "    return jsonify({\"error\": \"there is no such note\"}), 404")
(kill-emacs 0)
