# Completion of the commands, verbs and options of bccast in bash.

# What may follow a command: its verbs, or else its options.
_bccast_words() {
  case $1 in
    '') echo 'import send run status why watch overdue schedule unschedule pause resume recall retry purge
      threads messages reply read direct members community provider client roster export erase blast channel
      report events thread doctor store version' ;;
    community) echo 'create set add remove members' ;;
    provider) echo 'put set archive restore list show unread' ;;
    client) echo 'put set archive restore show unread' ;;
    roster) echo 'list count add archive restore set' ;;
    blast) echo 'create write set discard show list select deselect all-active none selection preview send status
      recipients find why retry-failed schedule unschedule pause resume recall purge' ;;
    channel) echo 'put set remove list' ;;
    events) echo 'list ack --follow --reader --ack' ;;
    thread) echo 'bind find' ;;
    store) echo 'verify checkpoint status backup restore release settings' ;;

    import) echo '--provider --name' ;;
    send) echo '--as-provider --actor --all-active --client --clients-from --except --file --key --maildir --hold
      --yes' ;;
    run) echo '--maildir --set --watch --workers' ;;
    status | why | watch | direct | 'blast status' | 'blast why' | 'blast show' | 'blast preview')
      echo '--as-provider' ;;
    threads) echo '--as-provider --as-client --unread --replied --client --blast --thread --limit' ;;
    messages) echo '--as-provider --as-client --limit' ;;
    reply) echo '--as-provider --as-client --actor --file --key' ;;
    read) echo '--as-provider --as-client --up-to' ;;
    members | 'community members') echo '--as-provider --as-client' ;;
    'community create') echo '--title --as-provider --actor --members-see-each-other' ;;
    schedule | 'blast schedule') echo '--at --zone --as-provider --actor --digest' ;;
    purge | 'blast purge') echo '--as-provider --before --zone' ;;
    doctor) echo '--deep' ;;
    overdue) echo '--as-provider --limit' ;;
    unschedule | pause | resume | recall | retry | 'blast unschedule' | 'blast pause' | 'blast resume' | \
      'blast recall' | 'community set' | 'blast set' | 'blast discard' | 'blast all-active' | 'blast none' | \
      'blast retry-failed')
      echo '--as-provider --actor' ;;
    'community add' | 'community remove' | 'blast deselect' | 'blast write') echo '--file --as-provider --actor' ;;
    'blast select') echo '--file --from --opened --replied --as-provider --actor' ;;
    'provider put' | 'client put') echo '--name --email' ;;
    'provider list' | 'events list') echo '--limit' ;;
    'roster list') echo '--state --search --draft --limit' ;;
    'roster add') echo '--file --archived' ;;
    'roster archive' | 'roster restore') echo '--file' ;;
    erase | 'store restore') echo '--yes' ;;
    'channel put') echo '--role' ;;
    report) echo '--reason' ;;
    'blast create') echo '--as-provider --actor --key' ;;
    'blast list') echo '--as-provider --state --limit' ;;
    'blast selection') echo '--as-provider --chosen --limit' ;;
    'blast send') echo '--as-provider --actor --digest --yes' ;;
    'blast recipients') echo '--as-provider --state --channel --opened --replied --limit' ;;
    'blast find') echo '--file --as-provider' ;;
  esac
}

# The options that need no value; all others take the next word.
_bccast_is_flag() {
  case $1 in
    --json | --help | --help-all | --version | --all-active | --yes | --watch | --unread | --archived | \
      --members-see-each-other | --follow | --ack | --deep | -h) return 0 ;;
    *) return 1 ;;
  esac
}

_bccast() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' word words i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == -?* ]]; then
      _bccast_is_flag "$word" || ((i++))
    elif [[ -z $command ]]; then
      command=$word
    elif [[ $command != *' '* && $(_bccast_words "$command") =~ (^|[[:space:]])"$word"($|[[:space:]]) ]]; then
      command+=" $word"
    fi
  done

  if ((i == COMP_CWORD)); then # it is no option's value
    words=$(_bccast_words "$command")
    [[ $words == --* || $current == -* || -z $words ]] && words+=' --store --json --help'
    [[ -z $command ]] && words+=' --help-all --version'
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    [[ $command == @(import|'store backup'|'store restore') && $current != -* ]] && mapfile -t COMPREPLY < <(compgen -f -- "$current")
    return
  fi
  case $previous in
    --file | --clients-from | --store) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    --maildir) mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    --opened | --replied | --chosen) mapfile -t COMPREPLY < <(compgen -W 'yes no' -- "$current") ;;
    --state)
      case $command in
        'roster list') words='active archived' ;;
        'blast list') words='draft scheduled sent paused finished recalled' ;;
        *) words='pending in_flight retry done failed skipped' ;;
      esac
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
      ;;
  esac
}

complete -F _bccast bccast
