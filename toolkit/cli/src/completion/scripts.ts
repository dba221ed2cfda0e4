/** Lines for the start-up file of a shell. They ask `micro` itself what could come next. */
export const scripts = {
  bash: `_micro() {
  local IFS=$'\\n'
  COMPREPLY=($(micro __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _micro micro
`,
  zsh: `#compdef micro
_micro() {
  local -a found
  found=("\${(@f)$(micro __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -- $found
}
compdef _micro micro
`,
  fish: `function __micro
  set -l words (commandline -opc)
  micro __complete $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c micro -f -a '(__micro)'
`,
} as const;
