# shellcheck shell=sh
# What deploy/install does once the machine, the release and the answers are known good: installing, upgrading, going back.
# Read by deploy/install, whose functions and variables it uses.

install_all() {
    present=$(installed)
    [ -z "$present" ] || [ "$present" = "$slot" ] || fail \
        "La version $present est installée ; celle-ci est la $version$(same_number). Rien n'a été modifié. Pour y passer : deploy/install --upgrade"
    [ ! -f "$home/beffroi.json" ] || say "L'instance de $home existe : elle est gardée telle quelle"
    [ -n "$options" ] || [ -z "$present" ] || options=$(cat "$program/$present/.complete" 2>/dev/null || true)
    check_answers
    check_choices
    debian_packages
    make_program
    [ -f "$home/beffroi.json" ] || [ -n "$empty" ] || check_territory
    switch_to "$slot"
    id beffroi >/dev/null 2>&1 || useradd --system --no-create-home --home-dir "$home" --shell /usr/sbin/nologin beffroi
    install -d -o beffroi -g beffroi -m 700 "$home" /var/cache/beffroi /etc/beffroi
    write_settings
    write_files
    [ -n "$empty" ] || make_instance
    [ "$proxy" = none ] || put_behind_nginx
    if [ -n "$empty" ]; then
        finish_empty
    else
        first_backup
        start_service
        finish
    fi
}

same_number() { # said where the content alone tells two releases apart
    [ "${present%%+*}" != "$version" ] || printf ', du même numéro mais pas du même contenu'
}

check_territory() {
    "$program/$slot/venv/bin/python" -c '
import sys
from pathlib import Path
from click import ClickException
from beffroi.cli.common import new_territory, setup_django
from beffroi.home import Home
from beffroi.lake.errors import LakeError
from beffroi.lake.reference import find_place
territory, name, kind, siren, seat, member = sys.argv[1:]
try:
    if territory:
        find_place(territory)
    else:
        setup_django(Home(Path("/nonexistent")))
        new_territory(None, name, kind, siren, seat, [member])
except (LakeError, ClickException) as error:
    sys.exit(str(error))' "$territory" "$by_hand" "$kind" "$siren" "$seat" "$member" || fail \
        "Le programme est installé, rien d'autre. Corrigez (--territory ; pour un syndicat, --by-hand, --kind, --siren et --member), puis recommencez."
}

write_settings() {
    [ ! -f "$settings" ] || return 0
    say "Réglages : $settings"
    sed "s|^BEFFROI_URL=.*|BEFFROI_URL=$url|" "$program/current/deploy/beffroi.env" >"$settings.new"
    chown root:beffroi "$settings.new"
    chmod 640 "$settings.new"
    mv "$settings.new" "$settings"
}

make_instance() {
    [ ! -f "$home/beffroi.json" ] || return 0
    say "Instance de $territory$by_hand : $home"
    set -- --email "$email"
    for option in $place_options; do
        eval "value=\$$option"
        [ -z "$value" ] || set -- "$@" "--$(printf %s "$option" | tr _ -)" "$value"
    done
    # The link is worth an entry: it waits for the end of the installation where only root reads it.
    (umask 077 && beffroi_of current init "$@" >"$program/.link" 2>"$program/.log") || {
        cat "$program/.log" >&2
        rm -f "$program/.link"
        fail "L'instance n'a pas pu être créée (détail ci-dessus). Le programme est installé : corrigez, puis relancez la même commande."
    }
}

put_behind_nginx() {
    name=$(sed -n 's|^BEFFROI_URL=https://||p' "$settings")
    site=/etc/nginx/sites-enabled/beffroi.conf
    store=/etc/ssl/beffroi
    install -d -m 755 "$store"
    if [ -n "$certificate" ]; then
        install -m 644 "$certificate" "$store/fullchain.pem"
        install -m 600 "$key" "$store/privkey.pem"
    elif [ ! -f "$store/fullchain.pem" ]; then
        say "Certificat d'essai, que les navigateurs signalent : $store"
        (umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj "/CN=$name" \
            -addext "subjectAltName=DNS:$name" -keyout "$store/privkey.pem" -out "$store/fullchain.pem" 2>/dev/null)
        chmod 644 "$store/fullchain.pem"
    fi
    if [ ! -f "$site" ]; then
        say "nginx : $site"
        sed "s|beffroi\.exemple\.fr|$name|g" "$program/current/deploy/nginx.conf" >"$site"
    fi
    nginx -t 2>"$program/.log" || {
        cat "$program/.log" >&2
        fail "La configuration de nginx est refusée (détail ci-dessus). Corrigez $site, puis relancez la même commande."
    }
    ! systemd_runs || { systemctl enable --quiet nginx && systemctl reload-or-restart nginx; }
}

first_backup() {
    for file in "$home"/backups/beffroi-*.tar.gz; do [ ! -f "$file" ] || return 0; done
    say "Première sauvegarde"
    beffroi_of current backup >/dev/null 2>"$program/.log" || {
        cat "$program/.log" >&2
        fail "La sauvegarde a échoué (détail ci-dessus). Corrigez, puis relancez la même commande."
    }
}

start_service() {
    say "Mise en service"
    ! systemd_runs || systemctl enable --quiet beffroi.service
    [ "$(health)" = ok ] && systemd_runs || start_site || {
        stop_site
        fail "Le site ne répond pas comme il faut (détail ci-dessus ; « journalctl -u beffroi »). Corrigez, puis relancez la même commande."
    }
    if systemd_runs; then systemctl enable --quiet --now beffroi-backup.timer; else stop_site; fi
}

finish() {
    rm -f "$program/.log"
    say "Beffroi $version est installé"
    if systemd_runs; then
        tell "Le service tourne, et se sauvegarde chaque nuit dans $home/backups."
    else
        tell "Cette machine n'a pas systemd : démarrez-le avec « beffroi serve », nginx avec « nginx »," \
            "et faites lancer « beffroi backup --keep 30 » chaque nuit. Les unités sont dans /etc/systemd/system."
    fi
    [ -s /etc/ssl/beffroi/privkey.pem ] && [ -z "$certificate" ] && [ "$proxy" = nginx ] && tell \
        "Le certificat est celui de l'essai, sauf si vous l'avez remplacé : mettez le vôtre dans /etc/ssl/beffroi (docs/installer.md, 4)."
    if [ -f "$program/.link" ]; then
        tell "Ouvrez ce lien pour entrer (une fois, dans les 7 jours) :"
        cat "$program/.link"
        rm -f "$program/.link"
    else
        tell "Un lien d'entrée : beffroi signin ADRESSE"
    fi
}

finish_empty() { # the instance comes from a backup
    ! systemd_runs || systemctl enable --quiet beffroi.service beffroi-backup.timer
    say "Beffroi $version est installé, sans instance"
    tell "Restaurez-en une dans $home, puis démarrez le service (docs/installer.md, 6)."
}

# --- Upgrading ---------------------------------------------------------------------------------------------------------
# Its state, for a run that was cut short: the version before, how many steps the database takes, the backup made (- : none yet), and
# on the way back where the instance of the new version was put.
state=$program/.upgrading
failed=''

remember() { # whole or not at all
    printf '%s %s %s %s\n' "$present" "$steps" "${backup:--}" "$failed" >"$state.new"
    mv "$state.new" "$state"
}

upgrade() {
    present=$(installed)
    [ -n "$present" ] || fail "Beffroi n'est pas installé par ce script sur cette machine. Rien n'a été modifié. Pour l'installer : deploy/install"
    if [ -f "$state" ]; then
        read -r present steps backup failed <"$state"
        [ "$backup" != - ] || backup=''
        say "La mise à niveau de la $present à la $version avait été coupée : elle reprend"
    elif [ "$present" = "$slot" ]; then
        say "La version $version est déjà installée, avec le même contenu. Rien n'a été modifié."
        return 0
    elif [ "${present%%+*}" = "$version" ]; then
        say "La $version installée n'a pas le même contenu que celle-ci : mise à niveau"
    elif [ "$(printf '%s\n' "${present%%+*}" "$version" | sort -V | tail -1)" != "$version" ]; then
        fail "La version installée ($present) est plus récente que celle-ci ($version). Rien n'a été modifié."
    fi
    options=$(cat "$program/$present/.complete")
    grep -q '^BEFFROI_URL=' "$settings" && [ -f /etc/nginx/sites-enabled/beffroi.conf ] || proxy=none
    [ -n "$failed" ] || check_room
    debian_packages
    make_program
    [ -z "$failed" ] || give_up "Le retour à la $present avait été coupé."
    if [ ! -f "$state" ]; then
        steps=$(beffroi_of "$slot" upgrade --pending) || fail "Cette instance ne peut pas passer à la $version (détail ci-dessus). Rien n'a été modifié : la $present reste en service."
        backup=''
        # What the new version changes is saved once nobody writes any more; otherwise, meanwhile.
        [ "$steps" != 0 ] || save_before
        remember
    fi
    say "Arrêt du service"
    stop_site
    if [ -z "$backup" ]; then
        save_before
        remember
    fi
    printf %s "$present" >"$program/.previous"
    switch_to "$slot"
    say "Base de l'instance : $steps étape(s)"
    beffroi_of current upgrade || {
        # One that was cut short before may have gone half the way: then the backup alone is the state before.
        ! beffroi_of "$present" upgrade --pending >/dev/null 2>&1 || steps=0
        give_up "La base n'a pas pu être mise à niveau."
    }
    write_files
    say "Mise en service"
    start_site || give_up "La version $version ne répond pas comme il faut."
    rm -f "$state"
    # Two versions stay: this one, and the one to go back to.
    for folder_of in "$program"/[0-9]*; do
        case ${folder_of##*/} in "$slot" | "$present") ;; *) rm -rf "$folder_of" ;; esac
    done
    systemd_runs || stop_site
    say "Beffroi est passé de la $present à la $slot. Sauvegarde d'avant : $backup"
    systemd_runs || tell "Cette machine n'a pas systemd : redémarrez-le avec « beffroi serve »."
}

check_room() { # a backup, and the home rebuilt from it if need be
    size=$(du -sm --exclude=backups "$home" | cut -f1)
    free=$(df -Pk "$home" | awk 'NR == 2 { print int($4 / 1024) }')
    [ "$free" -ge $((2 * size + 500)) ] || fail "Il reste $free Mo sur le disque de $home ; la sauvegarde et un retour en arrière en demandent $((2 * size + 500)). Rien n'a été modifié."
}

save_before() {
    say "Sauvegarde d'avant la mise à niveau"
    backup=$home/backups/beffroi-avant-$version-$(date -u +%Y%m%dT%H%M%S).tar.gz
    beffroi_of "$present" backup "$backup" >/dev/null || {
        rm -f "$state"
        ! systemd_runs || systemctl start beffroi.service
        fail "La sauvegarde n'est pas entière (détail ci-dessus) : la mise à niveau n'est pas faite, la $present reste en place." \
            "Remettez ce qui manque, ou dites que la perte est sans retour (« beffroi backup --accept-less »), puis recommencez."
    }
}

give_up() { # back to the version before, and to its instance where this one has changed it; cut short, begun again by the same command
    printf '%s Retour à la %s.\n' "$1" "$present" >&2
    stop_site
    if [ "$steps" != 0 ]; then
        [ -n "$failed" ] || failed=$home.echec-$(date -u +%Y%m%dT%H%M%S)
        remember
        bring_back || fail "La sauvegarde n'a pas pu être restaurée (détail ci-dessus). Le service est arrêté ; ce que la $version a laissé est dans $failed." \
            "Corrigez (place libre, base, droits), puis relancez la même commande : le retour à la $present reprend."
        printf 'Ce que la %s a laissé est gardé dans %s.\n' "$version" "$failed" >&2
    fi
    switch_to "$present"
    write_files
    rm -f "$program/.previous"
    start_site || fail "La $present ne répond pas non plus (« journalctl -u beffroi »). L'instance est celle d'avant ; la sauvegarde : $backup." \
        "Corrigez, puis relancez la même commande : le retour à la $present reprend."
    rm -f "$state"
    rm -rf "${program:?}/$slot"
    systemd_runs || stop_site
    fail "La mise à niveau n'est pas faite. La $present est en service, avec l'instance d'avant."
}

bring_back() { # the instance as it was saved, in the place of the one of the new version, which stays in $failed; each step is done once
    [ -d "$failed" ] || mv "$home" "$failed" || return 1
    name=$(basename "$backup")
    if [ -f "$failed/backups/$name" ]; then
        rm -rf "$home"
        install -d -o beffroi -g beffroi -m 700 "$home" || return 1
        if grep -q "^BEFFROI_DATABASE=[\"']\{0,1\}postgresql" "$settings"; then # the version before restores in an empty database only
            as_root_with "$slot" database empty "$failed/backups/base-$version-$(date -u +%Y%m%dT%H%M%S).dump" --yes --home "$failed" || return 1
        fi
        as_root_with "$present" restore "$failed/backups/$name" --home "$home" || return 1
        rm -rf "$home/backups"
        mv "$failed/backups" "$home/backups" || return 1
    fi
    chown -R beffroi:beffroi "$home"
}

as_root_with() { # the command of version $1 by root, who alone may make a folder beside the instance
    (
        asked=$1
        shift
        set -a
        . "$settings"
        [ ! -r /etc/beffroi-owner.env ] || . /etc/beffroi-owner.env
        set +a
        cd / && exec "$program/$asked/venv/bin/beffroi" "$@"
    )
}

go_back() {
    previous=$(cat "$program/.previous" 2>/dev/null) || fail "Il n'y a pas de version d'avant sur cette machine. Rien n'a été modifié."
    present=$(installed)
    beffroi_of "$previous" upgrade --pending >/dev/null || fail "La $previous ne peut plus ouvrir cette instance (détail ci-dessus) : restaurez la sauvegarde d'avant (docs/installer.md, 8). Rien n'a été modifié."
    say "Retour de la $present à la $previous"
    stop_site
    switch_to "$previous"
    write_files
    rm -f "$program/.previous"
    start_site || fail "La $previous ne répond pas comme il faut (« journalctl -u beffroi »). Pour reprendre la $present : deploy/install --upgrade"
    systemd_runs || stop_site
    say "La $previous est en place."
}

# --- Unattended --------------------------------------------------------------------------------------------------------
newest_bundle() {
    [ -d "$folder" ] || fail "Le dossier $folder n'existe pas. Rien n'a été modifié."
    case $(stat -c '%u %A' "$folder") in
        0\ d????-??-?*) ;;
        *) fail "Le dossier $folder doit être à root, et n'être modifiable que par lui : ce qu'il contient est installé. Rien n'a été modifié." ;;
    esac
    present=$(installed)
    newest=$(find "$folder" -maxdepth 1 -name 'beffroi-*-offline.tar' -user root ! -perm /022 -printf '%f\n' \
        | sed 's/^beffroi-\(.*\)-offline\.tar$/\1/' | sort -V | tail -1)
    [ -n "$newest" ] || nothing_newer
    offline=$folder/beffroi-$newest-offline.tar
    bundled=$(content_of_bundle)
    if [ ! -f "$state" ]; then # one that was cut short goes on
        [ "$(printf '%s\n' "${present%%+*}" "$newest" | sort -V | tail -1)" = "$newest" ] || nothing_newer
        [ "${present%%+*}" != "$newest" ] || [ "$(cat "$program/$present/.content" 2>/dev/null)" != "$bundled" ] || nothing_newer
    fi
    [ "$(cat "$program/.refused" 2>/dev/null)" != "$bundled" ] || fail \
        "La $newest n'a pas pu être mise en place la dernière fois : elle n'est pas essayée de nouveau. Regardez pourquoi (« journalctl -u beffroi-upgrade »), puis : deploy/install --upgrade --offline $offline"
}

nothing_newer() {
    say "Rien de plus récent que la $present dans $folder."
    exit 0
}

content_of_bundle() { # of one whose list cannot be read: the file as it is
    list=$(tar -xOf "$offline" --wildcards '*/SHA256SUMS' --occurrence=1 2>/dev/null) && [ -n "$list" ] || list=$(sha256sum <"$offline")
    printf '%s\n' "$list" | content_of
}

remember_failure() { printf %s "$bundled" >"$program/.refused"; }
