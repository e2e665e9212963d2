#!/bin/sh
# Inventaire d'un poste Linux : lit, et écrit une ligne CSV à l'écran. Ne change rien, n'envoie rien, ne lit aucun nom de personne.
# Usage : sh inventaire-linux.sh > poste.csv     puis importez poste.csv dans « Vos postes et appareils ».
# Proposé par Beffroi, EUPL-1.2.
LC_ALL=C
export LC_ALL
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH

# Une valeur sans ce qui couperait la ligne.
clean() { tr -d ';"\r\n\t' | cut -c1-120; }
# Un fichier, s'il se lit.
show() { [ -r "$1" ] && head -n 1 "$1" 2>/dev/null | clean; }
# Une valeur du fichier os-release, sans l'exécuter.
release() { sed -n "s/^$1=//p" /etc/os-release 2>/dev/null | head -n 1 | tr -d "'" | clean; }

name=$(uname -n | clean)

case "$(show /sys/class/dmi/id/chassis_type)" in
    8 | 9 | 10 | 14 | 31 | 32) kind="Portable" ;;
    3 | 4 | 5 | 6 | 7 | 13 | 15 | 16 | 35) kind="Poste fixe" ;;
    17 | 23 | 28) kind="Serveur" ;;
    *) kind="" ;;
esac

# Chiffré : le disque du système passe par une couche « crypt ». Vide quand on ne peut pas le savoir.
encrypted=""
if command -v findmnt >/dev/null 2>&1 && command -v lsblk >/dev/null 2>&1; then
    root=$(findmnt -n -o SOURCE / 2>/dev/null | sed 's/\[.*//')
    if [ -b "$root" ]; then
        if lsblk -s -r -n -o TYPE "$root" 2>/dev/null | grep -q '^crypt$'; then encrypted="oui"; else encrypted="non"; fi
    fi
fi

# Dernière mise à jour : le jour où le gestionnaire de paquets a écrit pour la dernière fois.
updated=""
for file in /var/lib/dpkg/status /var/lib/rpm/rpmdb.sqlite /var/lib/rpm/Packages /lib/apk/db/installed; do
    if [ -e "$file" ]; then updated=$(date -r "$file" +%d/%m/%Y 2>/dev/null); break; fi
done

# Antivirus : un service connu tourne-t-il ?
antivirus="non"
for process in /proc/[0-9]*/comm; do
    case "$(cat "$process" 2>/dev/null)" in
        clamd | clamonacc | wdavdaemon | falcon-sensor | sentineld | eset*) antivirus="oui" ;;
    esac
done

# Combien de comptes administrent : jamais lesquels.
count=$(for group in sudo wheel admin; do getent group "$group" 2>/dev/null | cut -d: -f4 | tr ',' '\n'; done | sed '/^$/d' | sort -u | wc -l | tr -d ' ')

printf '\357\273\277'
echo "Nom de l'appareil;Sorte;Numéro de série;Modèle;Système;Version du système;Disque chiffré;Antivirus actif;Dernière mise à jour le;Comptes administrateurs;Vu pour la dernière fois le"
echo "$name;$kind;$(show /sys/class/dmi/id/product_serial);$(show /sys/class/dmi/id/product_name);$(release NAME | tr -d '"');$(release VERSION_ID | tr -d '"');$encrypted;$antivirus;$updated;$count;$(date +%d/%m/%Y)"
